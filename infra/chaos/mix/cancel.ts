import type { Kind } from '../mix.ts';
import { countedBy, take } from '../stock.ts';

/** What was not accepted yet can be called off; a trip can't be put on another day so far. */
export const kind: Kind = {
  name: 'cancel a charter',
  weight: 1,
  services: ['bookings'],
  plan: ({ business, token }) => {
    const trip = take(business, 'inquired');
    if (trip === undefined) return undefined;
    const path = `charters/charters/${trip.charter_id}/cancel`;
    return {
      request: { method: 'POST', path, token, body: { reason: 'The class stays at home.' } },
      subject: trip.charter_id,
    };
  },
  write: {
    retried: true,
    effects: countedBy(
      `SELECT subject, count(*) AS effects FROM bookings.outbox
          WHERE subject = ANY($1) AND type = 'bookings.charter.canceled.v1' GROUP BY 1`,
    ),
  },
};
