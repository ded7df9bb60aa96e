import { cpuPerRequest, cpuTimes } from './cpu.ts';
import { type LoadResult, load, type Shot } from './load.ts';

export interface Measured {
  name: string;
  base_url: string;
  next: () => Shot | undefined;
  /** Local addresses to call from. */
  from?: string[];
}

export type Figure = keyof Omit<LoadResult, 'statuses'>;

export interface Results {
  /** The median of the runs. */
  of(name: string, figure: Figure): number;
}

export const say = (line: string) => process.stdout.write(`${line}\n`);

export const median = (values: number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Of the last run of each kind: where the CPU time of a request goes. */
export const cpu = new Map<string, string>();

export async function measure(
  { name, base_url, next, from = [] }: Measured,
  callers: number,
  duration_ms: number,
): Promise<LoadResult> {
  const before = cpuTimes();
  const result = await load({ base_url, callers, next, duration_ms, addresses: from });
  const total = [...result.statuses.values()].reduce((all, count) => all + count, 0);
  cpu.set(name, cpuPerRequest(before, total));
  const failed = [...result.statuses].filter(([status]) => status !== 200);
  if (failed.length > 0) say(`  ${name}: answers that were not 200: ${JSON.stringify(failed)}`);
  return result;
}

function tell(name: string, callers: number, of: Results['of']): void {
  const [rate, p50, p95, p99] = [
    of(name, 'per_second').toFixed(0).padStart(6),
    of(name, 'p50_ms').toFixed(2),
    of(name, 'p95_ms').toFixed(1),
    of(name, 'p99_ms').toFixed(1),
  ];
  const who = `${name.padEnd(24)} ${String(callers).padStart(3)} callers`;
  say(`${who} ${rate}/s  p50 ${p50} ms  p95 ${p95} ms  p99 ${p99} ms`);
}

/** Several runs in turn, so that a noisy minute hits ours and the reference alike. */
export async function measureAll(
  kinds: Measured[],
  { callers, runs, duration_ms }: { callers: number; runs: number; duration_ms: number },
): Promise<Results> {
  const results = new Map<string, LoadResult[]>(kinds.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const kind of kinds) {
      results.get(kind.name)?.push(await measure(kind, callers, duration_ms));
    }
  }
  const of: Results['of'] = (name, figure) =>
    median((results.get(name) ?? []).map((result) => result[figure]));
  for (const { name } of kinds) tell(name, callers, of);
  return { of };
}
