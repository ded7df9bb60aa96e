/** Fifty callers for one coach: who wins, and how long the slowest waits for his answer. */
import type { Row } from '../bench.ts';
import { closedLoop } from '../closed-loop.ts';
import { copyQuotes, openBusiness } from '../prepare.ts';
import { acceptance, addresses } from '../shots.ts';
import { median, percentile, sorted } from '../statistics.ts';

const CALLERS = 50;
const ROUNDS = 1_000;
const QUICK_ROUNDS = 100;

export const row: Row = {
  name: 'slot',
  about: '50 callers for one coach, a thousand times: one winner each, and no deadlock',
  run: async (bench) => {
    const { platform, quiet, found, quick } = bench;
    const rounds = quick ? QUICK_ROUNDS : ROUNDS;
    const business = await openBusiness(platform, { coaches: 1, clients: 1, unlimited: true });
    const deadlocks = async () => {
      const sql = 'SELECT sum(deadlocks)::int AS count FROM pg_stat_database';
      return Number((await platform.db.query(sql)).rows[0].count);
    };
    const before = await deadlocks();
    const slowest: number[] = [];
    let right = 0;
    /** Neither the winner's answer nor a refusal because of it. */
    let other = 0;
    const round = async () => {
      const quotes = await copyQuotes(platform, business, { count: CALLERS, one_day: true });
      const next = () => {
        const quote = quotes.pop();
        return quote && acceptance(quote);
      };
      const fifty = { base_url: platform.gateway, callers: CALLERS, next, duration_ms: 60_000 };
      // Each round from the next fifty: the edge counts public requests by address.
      const from = (slowest.length * CALLERS) % addresses.length;
      const fresh = addresses.slice(from, from + CALLERS);
      const { statuses, max_ms } = await closedLoop({ ...fifty, addresses: fresh });
      if (statuses.get(200) === 1) right += 1;
      other += CALLERS - (statuses.get(200) ?? 0) - (statuses.get(409) ?? 0);
      slowest.push(max_ms);
    };
    // Neither the first connections nor the first plans are what is measured.
    for (let number = 0; number < 3; number += 1) await round();
    [right, other, slowest.length] = [0, 0, 0];
    await quiet.wait();
    const { foreign_cores } = await quiet.once(async () => {
      [right, other, slowest.length] = [0, 0, 0];
      for (let number = 0; number < rounds; number += 1) await round();
    });
    const usual = `median ${median(slowest).toFixed(0)} ms`;
    const p99 = `p99 ${percentile(sorted(slowest), 0.99).toFixed(0)} ms`;
    found(
      {
        ...{ id: 'slot-winners', what: `${CALLERS} callers for one coach: rounds with one winner` },
        ...{ figure: right, unit: 'times', goal: { of: 'figure', at_least: rounds } },
        note: `of ${rounds}; ${other} answers were neither 200 nor 409`,
      },
      {
        ...{ id: 'slot-worst', what: 'the slowest answer of all rounds', unit: 'ms' },
        ...{ figure: Math.max(...slowest), note: `of a round: ${usual}, ${p99}` },
        ...{ goal: { of: 'figure', at_most: 100 }, foreign_cores },
      },
      {
        ...{ id: 'slot-deadlocks', what: 'deadlocks in these rounds', unit: 'times' },
        ...{ figure: (await deadlocks()) - before, goal: { of: 'figure', at_most: 0 } },
      },
    );
  },
};
