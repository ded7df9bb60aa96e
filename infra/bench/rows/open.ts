/**
 * How long people wait: requests come as they come, at half and at three quarters of what the same
 * mix can do in the same run, and from a thousand people who think in between.
 */

import { seeded } from '../../chaos/random.ts';
import { type Bench, measureAll, type Row } from '../bench.ts';
import type { Finding } from '../finding.ts';
import type { Statuses } from '../fire.ts';
import { type OpenResult, openLoop, thinkingUsers } from '../open-loop.ts';
import { addresses, MIXED, mixed } from '../shots.ts';
import { median } from '../statistics.ts';

const CALLERS = 50;
const USERS = 1_000;
const THINK_MS = [5_000, 10_000] as const;
const PARTS = [0.25, 0.5, 0.75];
/** Of a load of which a tenth accepts. */
const ACCEPTANCES_PER_SECOND = 250;

const failures = (statuses: Statuses): number =>
  [...statuses].reduce((sum, [status, count]) => sum + (status === 200 ? 0 : count), 0);

interface Level {
  part: number;
  rate: number;
  runs: OpenResult[];
  foreign_cores: number;
}

type Percentile = 'p50_ms' | 'p95_ms' | 'p99_ms';
const figureOf = ({ runs }: Level, figure: Percentile) => median(runs.map((run) => run[figure]));

async function levels(bench: Bench, capacity: number): Promise<Level[]> {
  const { platform, fleet, quiet, runs, say } = bench;
  const duration_ms = bench.run_ms * 3;
  const found: Level[] = [];
  for (const part of PARTS) {
    const level: Level = { part, rate: capacity * part, runs: [], foreign_cores: 0 };
    for (let run = 0; run < runs; run += 1) {
      await fleet.stock((ACCEPTANCES_PER_SECOND * duration_ms) / 1_000);
      await quiet.wait();
      const next = mixed(fleet.shots, seeded(run + 1).next);
      const options = { base_url: platform.gateway, rate: level.rate, duration_ms, addresses };
      const { result, foreign_cores } = await quiet.run(() =>
        openLoop({ ...options, next, seed: 100 + run }),
      );
      level.runs.push(result);
      level.foreign_cores = Math.max(level.foreign_cores, foreign_cores);
    }
    const figures = (['p50_ms', 'p95_ms', 'p99_ms'] as const).map((one) =>
      figureOf(level, one).toFixed(1),
    );
    const late = median(level.runs.map(({ late_p99_ms }) => late_p99_ms)).toFixed(1);
    const wrong = level.runs.reduce((sum, { statuses }) => sum + failures(statuses), 0);
    say(
      `  ${(part * 100).toFixed(0)} % of capacity, ${level.rate.toFixed(0)}/s: ` +
        `p50, p95, p99: ${figures.join(', ')} ms (generator late ${late} ms), ${wrong} failed`,
    );
    found.push(level);
  }
  return found;
}

function findingsOf(all: Level[]): Finding[] {
  const at = (part: number) => all.find((level) => level.part === part) as Level;
  const [half, most] = [at(0.5), at(0.75)];
  const what = (level: Level, figure: string) =>
    `open loop at ${level.part * 100} % of capacity, ${figure}`;
  const finding = (level: Level, figure: Percentile, at_most: number): Finding => ({
    id: `open-${level.part * 100}-${figure.slice(0, 3)}`,
    ...{ what: what(level, figure.slice(0, 3)), figure: figureOf(level, figure), unit: 'ms' },
    ...{ goal: { of: 'figure', at_most }, foreign_cores: level.foreign_cores },
    note: `${level.rate.toFixed(0)}/s offered`,
  });
  const wrong = all.flatMap(({ runs }) => runs.map(({ statuses }) => failures(statuses)));
  return [
    finding(half, 'p95_ms', 25),
    finding(half, 'p99_ms', 100),
    finding(most, 'p95_ms', 200),
    {
      ...{ id: 'open-failed', what: 'answers in these loops that were not 200', unit: 'times' },
      figure: wrong.reduce((sum, count) => sum + count, 0),
      goal: { of: 'figure', at_most: 0 },
    },
  ];
}

async function people(bench: Bench): Promise<Finding[]> {
  const { platform, fleet, quiet, quick } = bench;
  const duration_ms = quick ? 15_000 : 60_000;
  await fleet.stock((USERS / 5 / 10) * (duration_ms / 1_000));
  await quiet.wait();
  const next = mixed(fleet.shots, seeded(9).next);
  const base_url = platform.gateway;
  const { result, foreign_cores } = await quiet.run(() =>
    thinkingUsers({
      ...{ base_url, users: USERS, think_ms: THINK_MS, duration_ms, next, seed: 9, addresses },
    }),
  );
  return [
    {
      ...{ id: 'users-p95', what: '1,000 users who think 5 to 10 s, p95', unit: 'ms' },
      ...{ figure: result.p95_ms, goal: { of: 'figure', at_most: 200 }, foreign_cores },
      note: `${((result.offered * 1_000) / duration_ms).toFixed(0)}/s`,
    },
    {
      ...{ id: 'users-failed', what: 'their answers that were not 200', unit: 'times' },
      ...{ figure: failures(result.statuses), goal: { of: 'figure', at_most: 0 } },
    },
  ];
}

export const row: Row = {
  name: 'open',
  about: 'latency of a mix in an open loop, and of 1,000 people who think',
  run: async (bench) => {
    const { platform, fleet, run_ms, runs, found, plot, say } = bench;
    say(`  ${MIXED}`);
    await fleet.stock((ACCEPTANCES_PER_SECOND * 2 * runs * run_ms) / 1_000);
    const next = mixed(fleet.shots, seeded(1).next);
    const mix = { name: 'the mix', base_url: platform.gateway, next, addresses };
    const results = await measureAll(bench, [mix], { callers: CALLERS, duration_ms: run_ms });
    const capacity = results.of(mix, 'per_second');
    found({
      ...{ id: 'mix', what: `the mix, ${CALLERS} callers: its capacity`, unit: '/s' },
      ...{ figure: capacity, foreign_cores: results.foreign_cores },
    });
    const all = await levels(bench, capacity);
    found(...findingsOf(all), ...(await people(bench)));
    plot({
      ...{ title: 'Open loop: latency by offered load', axis: 'ms', kind: 'line' },
      points: all.map(({ part, rate }) => `${part * 100} %: ${rate.toFixed(0)}/s`),
      lines: (['p50_ms', 'p95_ms', 'p99_ms'] as const).map((figure) => ({
        ...{ name: figure.slice(0, 3), values: all.map((level) => figureOf(level, figure)) },
      })),
    });
  },
};
