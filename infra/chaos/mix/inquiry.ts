import { tripOn } from '../../demo/charter-company.ts';
import type { Kind } from '../mix.ts';
import { countedBy, give } from '../stock.ts';

/** As far ahead as trips are asked for; with twenty coaches a day is seldom sold out. */
const DAYS = 700;
const FIRST_DAY = Temporal.PlainDate.from('2027-03-12');

export const kind: Kind = {
  name: 'enter an inquiry',
  weight: 6,
  services: ['bookings'],
  plan: ({ business, token, random }) => {
    const notes = random.uuid();
    const trip = tripOn(FIRST_DAY.add({ days: random.below(DAYS) }));
    const body = { client_id: business.client_id, ...trip, notes };
    return {
      request: { method: 'POST', path: 'charters/charters', token, body },
      subject: notes,
      done: (answer) => give(business, 'inquired', { charter_id: answer.body.id }),
    };
  },
  write: {
    retried: true,
    effects: countedBy(
      `SELECT notes AS subject, count(*) AS effects FROM bookings.charters
          WHERE notes = ANY($1) GROUP BY 1`,
    ),
  },
};
