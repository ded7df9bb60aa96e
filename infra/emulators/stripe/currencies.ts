import { z } from 'zod';
import { invalidParameter } from './errors.ts';
import { Integer } from './parameters.ts';

/** The smallest charge, in minor units (docs.stripe.com/currencies#minimum-and-maximum). */
const MINIMUM = {
  aud: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  jpy: 50,
  mxn: 1000,
  nok: 300,
  nzd: 50,
  pln: 200,
  sek: 300,
  sgd: 50,
  usd: 50,
} as const;

type Currency = keyof typeof MINIMUM;

const MAXIMUM = 99_999_999;

export const Currency = z.string().transform((text, context): Currency => {
  if (isCurrency(text)) return text;
  const known = Object.keys(MINIMUM).join(', ');
  context.addIssue({ code: 'custom', message: `Invalid currency: ${text}. Known: ${known}` });
  return z.NEVER;
});

export const Amount = Integer.refine((amount) => amount >= 1, {
  message: 'This value must be greater than or equal to 1.',
  params: { code: 'parameter_invalid_integer' },
});

/** Throws `amount_too_small` or `amount_too_large`; amounts are minor units. */
export function requireChargeable(amount: number, currency: Currency): void {
  if (amount < MINIMUM[currency]) {
    throw invalidParameter(`Amount must be at least ${MINIMUM[currency]} ${currency}.`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amount > MAXIMUM) {
    throw invalidParameter(`Amount must be no more than ${MAXIMUM} ${currency}.`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
}

function isCurrency(text: string): text is Currency {
  return Object.hasOwn(MINIMUM, text);
}
