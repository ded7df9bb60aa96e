import { tokenOf } from '../../../scripts/e2e/lib/office.ts';
import type { Kind } from '../mix.ts';
import { give, take } from '../stock.ts';

/** The client looks whether there is something to pay yet: the schedule comes by an event. */
export const kind: Kind = {
  name: 'look for the payment link',
  weight: 4,
  services: ['bookings'],
  plan: ({ business }) => {
    const trip = take(business, 'accepted');
    if (trip === undefined) return undefined;
    return {
      request: { method: 'GET', path: `charters/public/quotes/${trip.link}` },
      done: ({ body: { payment_url } }) => {
        if (payment_url === null) give(business, 'accepted', trip);
        else give(business, 'payable', { ...trip, payment_link: tokenOf(payment_url) });
      },
      unknown: () => give(business, 'accepted', trip),
    };
  },
};
