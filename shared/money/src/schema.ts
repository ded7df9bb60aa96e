import { z } from 'zod';
import { MAX_AMOUNT } from './money.ts';

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** ISO 4217. */
export const Currency = z
  .string()
  .refine((code) => currencies.has(code), 'is not an ISO 4217 currency')
  .meta({ examples: ['USD'] });

/** An amount in minor units: 125.50 USD is `{"amount": 12550, "currency": "USD"}`. */
export const Money = z
  .strictObject({ amount: z.int().min(-MAX_AMOUNT).max(MAX_AMOUNT), currency: Currency })
  .meta({ id: 'Money', examples: [{ amount: 12_550, currency: 'USD' }] });

/** A price or a payment: never below zero. */
export const Price = z
  .strictObject({ amount: z.int().min(0).max(MAX_AMOUNT), currency: Currency })
  .meta({ id: 'Price', examples: [{ amount: 12_550, currency: 'USD' }] });
