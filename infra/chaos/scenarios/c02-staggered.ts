import { anOffice } from '../../../scripts/e2e/lib/office.ts';
import { nextAddress } from '../addresses.ts';
import { accepts, told } from '../payable.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { severally, tripAt } from '../trips.ts';

const CALLERS = 50;
const STAGGER_MINUTES = 15;
const TRIP_HOURS = 2;

/** Two hours each, from four in the morning on, each a quarter of an hour after the one before. */
function trips(day: Temporal.PlainDate): object[] {
  const first = day.toPlainDateTime('04:00');
  return Array.from({ length: CALLERS }, (_, index) => {
    const from = first.add({ minutes: STAGGER_MINUTES * index });
    const local = (time: Temporal.PlainDateTime) => time.toString({ smallestUnit: 'minute' });
    return tripAt({ from: local(from), to: local(from.add({ hours: TRIP_HOURS })) });
  });
}

async function run({ platform, rounds, random, check, figure }: Stage): Promise<void> {
  const total = rounds(20);
  let worst_ms = 0;
  for (let round = 0; round < total; round += 1) {
    const office = await anOffice({ from: nextAddress() });
    const day = Temporal.PlainDate.from('2027-05-03').add({ days: random.below(100) });
    const offers = await severally(trips(day), office.sendsQuoteFor);
    const answers = await Promise.all(
      offers.map(async (offer) => {
        const sent_at = performance.now();
        const answer = await accepts(offer);
        worst_ms = Math.max(worst_ms, performance.now() - sent_at);
        return answer;
      }),
    );
    const won = offers.filter((_, index) => answers[index]?.status === 200);
    const clean = answers.every(({ status }) => status === 200 || status === 409);
    check('each is accepted or refused', clean, told(answers));
    const [row] = await platform.rows<{ held: number; overlaps: number; idle: number }>(
      `WITH held AS (SELECT id, charter_id, starts_at, ends_at FROM bookings.allocations
         WHERE tenant_id = $1),
       wanted AS (SELECT charter_id, (v ->> 'garage_out_at')::timestamptz AS starts_at,
           (v ->> 'garage_in_at')::timestamptz AS ends_at
         FROM bookings.quotes, jsonb_array_elements(price -> 'vehicles') AS v
         WHERE tenant_id = $1)
       SELECT (SELECT count(*)::int FROM held) AS held,
         (SELECT count(*)::int FROM held a JOIN held b ON a.id < b.id
           AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at) AS overlaps,
         (SELECT count(*)::int FROM wanted WHERE NOT EXISTS (SELECT FROM held
           WHERE held.starts_at < wanted.ends_at AND wanted.starts_at < held.ends_at)) AS idle`,
      [office.tenant_id],
    );
    const fits = row?.held === won.length && won.length > 1 && row.overlaps === 0;
    check('whoever won has the coach alone', fits, `${won.length} won; ${JSON.stringify(row)}`);
    check('and nobody was refused a free stretch', row?.idle === 0, JSON.stringify(row));
  }
  figure('slowest acceptance', `${worst_ms.toFixed()} ms`, '100 ms');
}

export const scenario: Scenario = {
  id: 'C2',
  sentence:
    'Fifty overlapping trips, a quarter of an hour apart, are accepted at once for one coach.',
  per_second: 20,
  run,
};
