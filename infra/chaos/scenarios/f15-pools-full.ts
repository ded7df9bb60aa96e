import pg from 'pg';
import { type Answer, call } from '../../../scripts/e2e/lib/http.ts';
import { nextAddress } from '../addresses.ts';
import type { Scenario, Stage } from '../scenario.ts';

const CALLERS = 200;
const HELD_MS = 2_000;
/** Whoever waits longer for a connection is told so; beside it, what a busy machine takes. */
const GOAL_MS = 1_100;
const LIMIT_MS = 10_000;
const HEALTH_LIMIT_MS = 2_000;

const timed = async <T>(act: () => Promise<T>) => {
  const began = performance.now();
  return { answer: await act(), took_ms: performance.now() - began };
};

/** While the table is locked, each request for it holds a connection of the service's pool. */
async function whileLocked(database: string, act: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query('BEGIN; LOCK TABLE bookings.vehicle_types IN ACCESS EXCLUSIVE MODE');
    await act();
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

async function run({ platform, load, fault, pause, check, figure }: Stage): Promise<void> {
  const token = load.businesses[0]?.nextToken();
  const path = 'bookings/vehicle-types';
  const ask = () => timed(() => call({ method: 'GET', path, token, from: nextAddress() }));
  const health = `${platform.addresses.BOOKINGS_URL?.split(',')[0]}/health`;
  let all: Promise<{ answer: Answer; took_ms: number }[]> | undefined;
  await fault('every connection of bookings is held', {}, async () => {
    await whileLocked(String(platform.addresses.DATABASE_URL), async () => {
      all = Promise.all(Array.from({ length: CALLERS }, ask));
      await pause(HELD_MS / 2);
      const { answer, took_ms } = await timed(() => fetch(health));
      figure('health meanwhile', `${took_ms.toFixed(0)} ms`, '50 ms');
      check('health needs no connection', answer.ok && took_ms < HEALTH_LIMIT_MS, `${took_ms} ms`);
      await pause(HELD_MS / 2);
    });
    await all;
  });
  const answers = (await all) ?? [];
  const busy = answers.filter(({ answer }) => answer.status === 503);
  const told = busy.filter(({ answer }) => answer.headers['retry-after'] !== undefined);
  const others = answers.filter(({ answer }) => ![200, 503].includes(answer.status));
  const slowest = Math.max(...busy.map(({ took_ms }) => took_ms));
  check('most are told that it is busy', busy.length > CALLERS / 2, `${busy.length}`);
  check('each with when to try again', told.length === busy.length);
  check('nobody hears anything else', others.length === 0, `${others[0]?.answer.status}`);
  check('and nobody waits long for that', slowest < LIMIT_MS, `${slowest} ms`);
  figure('told busy after at most', `${slowest.toFixed(0)} ms`, `${GOAL_MS} ms`);
  const healed = await ask();
  check('it heals at once', healed.answer.status === 200, String(healed.answer.status));
}

export const scenario: Scenario = {
  id: 'F15',
  sentence: 'two hundred requests each hold a connection for two seconds',
  run,
};
