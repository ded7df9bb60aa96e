/** How a client pays one of the two items of a charter by card. */
import type { Business, stages, Trip } from './businesses.ts';
import type { Kind, Planned } from './mix.ts';
import { countedBy, give, take } from './stock.ts';

type Item = 'deposit' | 'balance';
type Stage = (typeof stages)[number];

const PATHS: Record<Item, { from: Stage; to: Stage | undefined }> = {
  deposit: { from: 'payable', to: 'paid' },
  balance: { from: 'completed', to: undefined },
};

export function pays(business: Business, item: Item): Planned | undefined {
  const { from, to } = PATHS[item];
  const trip: Trip | undefined = take(business, from);
  if (trip === undefined) return undefined;
  const body = { item, payment_method: 'pm_card_visa' };
  return {
    request: { method: 'POST', path: `payments/public/links/${trip.payment_link}/pay`, body },
    subject: trip.charter_id,
    done: () => {
      if (to !== undefined) give(business, to, trip);
    },
  };
}

type Effects = NonNullable<Kind['write']>['effects'];

/** Payments of the item that have succeeded; the verdict compares them with the provider's book. */
export const paidItem = (item: Item): Effects =>
  countedBy(
    `SELECT booking_id::text AS subject, count(*) AS effects FROM payments.payments
      WHERE booking_id = ANY($1::uuid[]) AND item = '${item}' AND status = 'succeeded' GROUP BY 1`,
  );
