/** Log-ins beside the bare hash that each of them costs, and a list meanwhile. */
import { fork } from 'node:child_process';
import { argon2 } from 'node:crypto';
import { promisify } from 'node:util';
import { type Bench, type Measured, measure, type Row } from '../bench.ts';
import { addresses } from '../shots.ts';
import { median } from '../statistics.ts';

/** As many as the machine for which the goals are has cores. */
const HASHERS = 2;
const LOGIN_CALLERS = 8;
const LIST_CALLERS = 4;

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
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [String(duration_ms)]);
    child.once('message', (rate) => resolve(rate as number));
    child.once('exit', (code) => reject(new Error(`The hasher ended with ${code}.`)));
  });
}

type Figure = 'raw' | 'logins' | 'alone' | 'meanwhile';

async function figuresOf(bench: Bench): Promise<[Record<Figure, number>, number]> {
  const { platform, fleet, run_ms: duration_ms, runs, quiet } = bench;
  const base_url = platform.gateway;
  const login: Measured = { name: 'log in', base_url, next: fleet.shots.login, addresses };
  const list: Measured = { name: 'list meanwhile', base_url, next: fleet.shots.charters };
  const logIn = () => measure(bench, login, { callers: LOGIN_CALLERS, duration_ms });
  const look = () => measure(bench, list, { callers: LIST_CALLERS, duration_ms });
  const seen: Record<Figure, number[]> = { raw: [], logins: [], alone: [], meanwhile: [] };
  let foreign_cores = 0;
  const run = async (figure: Figure, work: () => Promise<number>) => {
    const { result, foreign_cores: foreign } = await quiet.run(work);
    foreign_cores = Math.max(foreign_cores, foreign);
    seen[figure].push(result);
  };
  for (let turn = 0; turn < runs; turn += 1) {
    await quiet.wait();
    await run('raw', () => rawRate(duration_ms));
    await run('logins', async () => {
      const { per_second, cpu_ms } = await logIn();
      if (turn === 0) bench.diagnose('CPU ms of one request: log in', cpu_ms);
      return per_second;
    });
    await run('alone', async () => (await look()).p50_ms);
    await run('meanwhile', async () => (await Promise.all([look(), logIn()]))[0].p50_ms);
  }
  const medians = Object.entries(seen).map(([name, values]) => [name, median(values)]);
  return [Object.fromEntries(medians), foreign_cores];
}

export const row: Row = {
  name: 'logins',
  about: 'log-ins beside bare argon2id, and a list while others log in',
  run: async (bench) => {
    await bench.fleet.stock(0);
    const [{ raw, logins, alone, meanwhile }, foreign_cores] = await figuresOf(bench);
    bench.found(
      {
        ...{ id: 'login', what: `log in, ${LOGIN_CALLERS} callers`, figure: logins, unit: '/s' },
        reference: { what: 'bare argon2id', figure: raw },
        ...{ goal: { of: 'ratio', at_least: 0.8 }, foreign_cores },
      },
      {
        ...{ id: 'list-meanwhile', what: 'list while others log in, p50', unit: 'ms' },
        ...{ figure: meanwhile, reference: { what: 'nobody logs in', figure: alone } },
        ...{ goal: { of: 'ratio', at_most: 2 }, foreign_cores },
      },
    );
  },
};

if (import.meta.main) {
  const rate = await hashesPerSecond(Number(process.argv[2]));
  process.send?.(rate, () => process.exit());
}
