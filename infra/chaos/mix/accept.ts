import type { Kind } from '../mix.ts';
import { countedBy, step } from '../stock.ts';

const body = { name: 'Pat Principal', terms_accepted: true };

/** The booking itself: a coach is occupied from now on. */
export const kind: Kind = {
  name: 'accept a quote',
  weight: 5,
  services: ['bookings'],
  refusals: ['vehicle_taken'],
  plan: ({ business }) =>
    step({
      ...{ business, from: 'sent', to: 'accepted' },
      request: ({ charter_id, link }) => ({
        request: { method: 'POST', path: `charters/public/quotes/${link}/accept`, body },
        subject: charter_id,
      }),
    }),
  write: {
    retried: true,
    effects: countedBy(
      `SELECT charter_id::text AS subject, count(*) AS effects FROM bookings.allocations
          WHERE charter_id = ANY($1::uuid[]) GROUP BY 1`,
    ),
  },
};
