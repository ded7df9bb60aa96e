import type { Kind } from '../mix.ts';
import { countedBy, step } from '../stock.ts';

/** The trip is done, and its invoice follows by an event. */
export const kind: Kind = {
  name: 'complete a trip',
  weight: 1.2,
  services: ['bookings'],
  plan: ({ business, token }) =>
    step({
      ...{ business, from: 'started', to: 'completed' },
      request: ({ charter_id }) => ({
        request: { method: 'POST', path: `charters/charters/${charter_id}/complete`, token },
        subject: charter_id,
      }),
    }),
  write: {
    retried: true,
    effects: countedBy(
      `SELECT subject, count(*) AS effects FROM bookings.outbox
          WHERE subject = ANY($1) AND type = 'bookings.charter.completed.v1' GROUP BY 1`,
    ),
  },
};
