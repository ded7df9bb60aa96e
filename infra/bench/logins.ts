/** Log-ins beside the bare hash that each of them costs, and a list meanwhile. */
import { fork } from 'node:child_process';
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { type Measured, measure, median } from './measure.ts';

/** As many as the machine for which the goals are has cores. */
const HASHERS = 2;
const LOGIN_CALLERS = 8;
const LIST_CALLERS = 4;
const RUNS = 3;

/** The same parameters as auth's: 19 MiB, two passes, one lane. */
async function hashesPerSecond(duration_ms: number): Promise<number> {
  const hash = promisify(argon2);
  const one = () =>
    hash('argon2id', {
      ...{ message: 'bench-password', nonce: Buffer.alloc(16, 1), parallelism: 1 },
      ...{ tagLength: 32, memory: 19_456, passes: 2 },
    });
  const began = performance.now();
  let done = 0;
  const hasher = async () => {
    while (performance.now() - began < duration_ms) {
      await one();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: HASHERS }, hasher));
  return (done * 1_000) / (performance.now() - began);
}

/** In a process of its own, as auth is. */
function rawRate(duration_ms: number): Promise<number> {
  return new Promise((resolve) => {
    fork(import.meta.filename, [String(duration_ms)]).once('message', (rate) =>
      resolve(rate as number),
    );
  });
}

export interface Logins {
  raw_per_second: number;
  per_second: number;
  /** p50 of a list with nothing beside it, and while others log in. */
  list_alone_ms: number;
  list_meanwhile_ms: number;
}

export async function measureLogins(
  login: Measured,
  list: Measured,
  duration_ms: number,
): Promise<Logins> {
  const figures: Record<keyof Logins, number[]> = {
    ...{ raw_per_second: [], per_second: [] },
    ...{ list_alone_ms: [], list_meanwhile_ms: [] },
  };
  for (let run = 0; run < RUNS; run += 1) {
    figures.raw_per_second.push(await rawRate(duration_ms));
    figures.per_second.push((await measure(login, LOGIN_CALLERS, duration_ms)).per_second);
    figures.list_alone_ms.push((await measure(list, LIST_CALLERS, duration_ms)).p50_ms);
    const [both] = await Promise.all([
      measure(list, LIST_CALLERS, duration_ms),
      measure(login, LOGIN_CALLERS, duration_ms),
    ]);
    figures.list_meanwhile_ms.push(both.p50_ms);
  }
  return {
    raw_per_second: median(figures.raw_per_second),
    per_second: median(figures.per_second),
    list_alone_ms: median(figures.list_alone_ms),
    list_meanwhile_ms: median(figures.list_meanwhile_ms),
  };
}

if (import.meta.main) {
  const rate = await hashesPerSecond(Number(process.argv[2]));
  process.send?.(rate, () => process.exit());
}
