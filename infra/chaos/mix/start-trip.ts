import type { Kind } from '../mix.ts';
import { countedBy, step } from '../stock.ts';

/** The coach is on its way, once the deposit has been heard of. */
export const kind: Kind = {
  name: 'start a trip',
  weight: 1.5,
  services: ['bookings'],
  refusals: ['transition_illegal'],
  plan: ({ business, token }) =>
    step({
      ...{ business, from: 'paid', to: 'started' },
      request: ({ charter_id }) => ({
        request: { method: 'POST', path: `charters/charters/${charter_id}/start`, token },
        subject: charter_id,
      }),
    }),
  write: {
    retried: true,
    effects: countedBy(
      `SELECT subject_id AS subject, count(*) AS effects FROM bookings.audit_log
          WHERE subject_id = ANY($1) AND after ->> 'status' = 'in_progress' GROUP BY 1`,
    ),
  },
};
