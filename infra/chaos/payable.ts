/** Charters of a business of a scenario's own, on their way from a quote to their deposit. */
import { randomUUID } from 'node:crypto';
import { type Answer, type Call, served, until } from '../../scripts/e2e/lib/http.ts';
import {
  anOffice,
  type Office,
  paymentLink,
  type SentQuote,
} from '../../scripts/e2e/lib/office.ts';
import { holdsWithin } from '../../scripts/waiting.ts';
import { nextAddress } from './addresses.ts';
import type { Platform } from './platform.ts';
import type { Stage } from './scenario.ts';

const agreed = { name: 'Pat Principal', terms_accepted: true };

const acceptance = ({ link }: Pick<SentQuote, 'link'>, key?: string): Call => ({
  ...{ method: 'POST', path: `charters/public/quotes/${link}/accept`, key },
  ...{ body: agreed, from: nextAddress() },
});

export const accepts = (quote: Pick<SentQuote, 'link'>): Promise<Answer> =>
  served(acceptance(quote));

export interface Payable extends SentQuote {
  /** The token of the link by which the client pays. */
  payment_link: string;
}

/** As many accepted charters, a week apart, of one business with one coach. */
export async function payableCharters(
  count: number,
): Promise<{ office: Office; charters: Payable[] }> {
  const office = await anOffice({ from: nextAddress() });
  const charters: Payable[] = [];
  for (let number = 0; number < count; number += 1) {
    const sent = await office.sendsQuote(office.nextWeek());
    await until(acceptance(sent, randomUUID()), ({ status }) => status === 200);
    charters.push({ ...sent, payment_link: await paymentLink(sent.link) });
  }
  return { office, charters };
}

export const pays = (
  { payment_link }: Payable,
  key?: string,
  payment_method = 'pm_card_visa',
): Promise<Answer> =>
  served({
    ...{ method: 'POST', path: `payments/public/links/${payment_link}/pay`, key },
    ...{ body: { item: 'deposit', payment_method }, from: nextAddress() },
  });

interface StripeCharge {
  status: string;
  amount: number;
  metadata: Record<string, string>;
}

/** How often Stripe has charged for each of the charters, in their order. */
export async function chargesOf(platform: Platform, charters: SentQuote[]): Promise<number[]> {
  const { accounts } = (await platform.stripe.get('/book')) as {
    accounts: { charges: StripeCharge[] }[];
  };
  const all = accounts.flatMap(({ charges }) => charges);
  return charters.map(
    ({ charter_id }) =>
      all.filter(
        ({ status, metadata }) => status === 'succeeded' && metadata.booking_id === charter_id,
      ).length,
  );
}

/** What is known of a charter on both sides of the event between them. */
export interface Standing {
  charter_id: string;
  charter: string;
  /** The states of its payments, in the order in which they were begun. */
  payments: string[];
  /** The states of what it occupies. */
  allocations: string[];
}

export async function standings(platform: Platform, charters: SentQuote[]): Promise<Standing[]> {
  const ids = charters.map(({ charter_id }) => charter_id);
  return platform.rows<Standing>(
    `SELECT c.id AS charter_id, c.status AS charter,
       ARRAY(SELECT p.status FROM payments.payments p
         WHERE p.tenant_id = c.tenant_id AND p.booking_id = c.id ORDER BY p.id) AS payments,
       ARRAY(SELECT a.state FROM bookings.allocations a
         WHERE a.tenant_id = c.tenant_id AND a.charter_id = c.id) AS allocations
     FROM bookings.charters c WHERE c.id = ANY($1) ORDER BY array_position($1::uuid[], c.id)`,
    [ids],
  );
}

export const areConfirmed = (all: Standing[]): boolean =>
  all.every(({ charter }) => charter === 'confirmed');

/** After how many milliseconds all of them were confirmed, if they were. */
export const confirmedWithin = (
  limit_ms: number,
  platform: Platform,
  charters: SentQuote[],
): Promise<number | undefined> =>
  holdsWithin(limit_ms, async () => areConfirmed(await standings(platform, charters)));

export async function checkChargedOnce(
  { platform, check }: Pick<Stage, 'platform' | 'check'>,
  charters: SentQuote[],
): Promise<void> {
  const charges = await chargesOf(platform, charters);
  const once = charges.every((count) => count === 1);
  check('each card is charged once', once, String(charges));
}

/** What may fail while payments can't reach the provider. */
export const ofPayments = ({ services }: { services: readonly string[] }): boolean =>
  services.includes('payments');

export const told = (answers: Answer[]): string => {
  const counts = Object.entries(
    Object.groupBy(answers, ({ status, body }) => `${status} ${body?.code ?? ''}`.trim()),
  );
  return counts.map(([what, of]) => `${of?.length} x ${what}`).join(', ');
};
