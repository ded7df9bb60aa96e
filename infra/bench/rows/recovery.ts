/** How soon there is a good answer again when a service or Postgres was killed. */
import { setTimeout } from 'node:timers/promises';
import type { Bench, Row } from '../bench.ts';
import type { Shot } from '../fire.ts';
import { reconnect } from '../platform.ts';
import { allProcesses, partsOf, serverIn } from '../processes.ts';
import { median } from '../statistics.ts';

const LOOK_MS = 10;
const DEADLINE_MS = 60_000;
/** As often as each is killed. */
const KILLS = 3;

const killed = (pid: number) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended with another one.
  }
};

/** From now to the first good answer that was asked for later than the first bad one. */
async function firstGood(gateway: string, next: () => Shot): Promise<number> {
  const began = performance.now();
  let failed = false;
  for (;;) {
    const { path, headers = {} } = next();
    const signal = AbortSignal.timeout(1_000);
    const ok = await fetch(`${gateway}${path}`, { headers, signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    const waited_ms = performance.now() - began;
    if (!ok) failed = true;
    else if (failed || waited_ms > 1_000) return waited_ms;
    if (waited_ms > DEADLINE_MS) throw new Error('No good answer came again.');
    await setTimeout(LOOK_MS);
  }
}

/** A read goes through all that was killed: gateway, bookings and Postgres. */
async function seconds(bench: Bench, kill: () => void): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < KILLS; turn += 1) {
    kill();
    times.push(await firstGood(bench.platform.gateway, bench.fleet.shots.charters));
    // The supervisor is quicker with what had run for a while, as it would have.
    await setTimeout(6_000);
  }
  return median(times) / 1_000;
}

export const row: Row = {
  name: 'recovery',
  about: 'first good answer after kill -9 of a service and of Postgres',
  run: async (bench) => {
    const { platform, fleet, found, quiet } = bench;
    await fleet.stock(0);
    await quiet.wait();
    const service = await seconds(bench, () => {
      for (const { pid } of partsOf(platform.watched).get('bookings') ?? []) killed(pid);
    });
    const postgres = await seconds(bench, () => {
      const { postgres_home } = platform.watched;
      for (const { pid } of serverIn(postgres_home, allProcesses())) killed(pid);
    });
    await reconnect(platform);
    found(
      {
        ...{ id: 'recovery-service', what: 'a service killed, to its first good answer' },
        ...{ figure: service, unit: 's', goal: { of: 'figure', at_most: 2 } },
      },
      {
        ...{ id: 'recovery-postgres', what: 'Postgres killed, to the first good answer' },
        ...{ figure: postgres, unit: 's', goal: { of: 'figure', at_most: 4 } },
      },
    );
  },
};
