import type { Kind } from '../mix.ts';
import { seen } from '../stock.ts';

/** Somebody opens the link of a quote, without an account. */
export const kind: Kind = {
  name: 'open a quote',
  weight: 4,
  services: ['bookings'],
  plan: ({ business, number }) => {
    const trip = seen(business, 'sent', number);
    if (trip === undefined) return undefined;
    return { request: { method: 'GET', path: `charters/public/quotes/${trip.link}` } };
  },
};
