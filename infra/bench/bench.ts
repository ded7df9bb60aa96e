/** What every row of the bench works with, and how it measures. */
import { closedLoop, type LoadResult } from './closed-loop.ts';
import type { Finding, Skipped } from './finding.ts';
import type { Shot } from './fire.ts';
import type { Fleet } from './fleet.ts';
import type { Platform } from './platform.ts';
import type { Plot } from './plots.ts';
import { cpuTimes } from './processes.ts';
import type { Quiet } from './quiet.ts';
import type { Reference } from './reference.ts';
import { median } from './statistics.ts';

export interface Pace {
  quick: boolean;
  runs: number;
  /** Of a run with many callers, and of one with a single one. */
  run_ms: number;
  single_ms: number;
}

export interface Bench extends Pace {
  platform: Platform;
  fleet: Fleet;
  reference: Reference;
  quiet: Quiet;
  /** A folder for what a row keeps, gone with the bench. */
  scratch: string;
  say(line: string): void;
  found(...findings: Finding[]): void;
  skip(skipped: Skipped): void;
  plot(plot: Plot): void;
  /** Where the time goes, without a goal. */
  diagnose(what: string, figures: Record<string, number>): void;
}

export interface Row {
  name: string;
  about: string;
  run(bench: Bench): Promise<void>;
}

export interface Measured {
  name: string;
  base_url: string;
  next: () => Shot | undefined;
  /** Local addresses to call from. */
  addresses?: string[];
}

const NEGLIGIBLE = 0.02;

/** CPU time in ms of each part of the platform, for each of so many requests. */
export function cpuEach(
  before: Map<string, number>,
  after: Map<string, number>,
  requests: number,
): Record<string, number> {
  const each = [...after].map(([name, ms]): [string, number] => [
    name,
    Math.round(((ms - (before.get(name) ?? 0)) / requests) * 1_000) / 1_000,
  ]);
  const all = each.reduce((sum, [, ms]) => sum + ms, 0);
  // What others do by themselves meanwhile is no part of a request.
  const used = each.filter(([, ms]) => ms >= all * NEGLIGIBLE);
  return Object.fromEntries(used.toSorted(([, one], [, other]) => other - one));
}

export async function measure(
  { platform, say }: Bench,
  { name, ...target }: Measured,
  { callers, duration_ms }: { callers: number; duration_ms: number },
): Promise<LoadResult & { cpu_ms: Record<string, number> }> {
  const before = cpuTimes(platform.watched);
  const result = await closedLoop({ ...target, callers, duration_ms });
  const cpu_ms = cpuEach(before, cpuTimes(platform.watched), result.requests);
  const failed = [...result.statuses].filter(([status]) => status !== 200);
  if (failed.length > 0) say(`  ${name}: answers that were not 200: ${JSON.stringify(failed)}`);
  return { ...result, cpu_ms };
}

export type Figure = 'per_second' | 'p50_ms' | 'p95_ms' | 'p99_ms' | 'max_ms';

export interface Results {
  /** The median of the runs. */
  of(kind: Measured, figure: Figure): number;
  /** Cores that others used in the noisiest of them. */
  foreign_cores: number;
}

/** Several runs in turn, so that a noisy minute hits ours and the reference alike. */
export async function measureAll(
  bench: Bench,
  kinds: Measured[],
  { callers, duration_ms }: { callers: number; duration_ms: number },
): Promise<Results> {
  const results = new Map(kinds.map((kind) => [kind, [] as LoadResult[]]));
  let foreign_cores = 0;
  for (let run = 0; run < bench.runs; run += 1) {
    await bench.quiet.wait();
    for (const kind of kinds) {
      const measured = () => measure(bench, kind, { callers, duration_ms });
      const { result, foreign_cores: foreign } = await bench.quiet.run(measured);
      foreign_cores = Math.max(foreign_cores, foreign);
      results.get(kind)?.push(result);
      if (run === 0 && callers > 1) {
        bench.diagnose(`CPU ms of one request: ${kind.name}`, result.cpu_ms);
      }
    }
  }
  const of = (kind: Measured, figure: Figure) =>
    median((results.get(kind) ?? []).map((result) => result[figure]));
  for (const kind of kinds) {
    const times = (['p50_ms', 'p95_ms', 'p99_ms'] as const).map((figure) =>
      of(kind, figure).toFixed(2),
    );
    const rate = of(kind, 'per_second').toFixed(0).padStart(6);
    const who = `${kind.name.padEnd(26)} ${String(callers).padStart(3)} callers`;
    bench.say(`  ${who} ${rate}/s  p50, p95, p99: ${times.join(', ')} ms`);
  }
  return { of, foreign_cores };
}
