/**
 * From the commit of a change to its effect elsewhere: how many events a second the transport
 * takes and a consumer takes in, how late they come at half load, and how soon all is well again
 * when the transport was away for a minute.
 */
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { untilHolds } from '../../../scripts/waiting.ts';
import { type Bench, measure } from '../bench.ts';
import type { Finding } from '../finding.ts';
import { openLoop } from '../open-loop.ts';
import { partsOf } from '../processes.ts';
import { addresses } from '../shots.ts';

const EVENTS = 20_000;
const QUICK_EVENTS = 5_000;
const OUTAGE_MS = 60_000;
const QUICK_OUTAGE_MS = 8_000;
const SETTLE_DEADLINE_MS = 180_000;
const CALLERS = 50;
/** The schemas whose changes the load announces, and who reads them. */
const OUTBOXES = ['bookings', 'payments'];

export interface Transport {
  /** For the findings' names. */
  id: 'postgres' | 'rabbitmq';
  name: string;
  /** What it takes by itself of the same events: so many a second. */
  bare(duration_ms: number): Promise<number>;
  down(): Promise<void>;
  up(): Promise<void>;
}

const number = async (db: pg.Client, sql: string, values: unknown[] = []) =>
  Number(Object.values((await db.query(sql, values)).rows[0])[0]);

const until = (what: string, done: () => Promise<boolean>) =>
  untilHolds(what, SETTLE_DEADLINE_MS, done, 250);

/** New clients, each an event that makes a row in bookings' copy. */
const ANNOUNCE = `
  INSERT INTO clients.outbox (tenant_id, type, subject, time, data)
  SELECT $1, 'clients.client.created.v1', id, now(), json_build_object('id', id, 'version', 1,
    'name', 'Bench School', 'email', NULL, 'phone', NULL, 'status', 'active')
  FROM (SELECT uuidv7()::text AS id FROM generate_series(1, $2)) AS made`;

/** The first batch is where the clock starts: how long it took is not known. */
const RATE = (at: string, from: string) => `
  SELECT count(*) FILTER (WHERE ${at} > first)
      / nullif(extract(epoch FROM max(${at}) - min(first)), 0)
  FROM (SELECT ${at}, min(${at}) OVER () AS first FROM ${from}) AS timed`;

/** A backlog, first to the transport while nobody reads, then into one consumer's inbox. */
async function throughput(bench: Bench, { id, name, bare }: Transport): Promise<Finding[]> {
  const { platform, fleet, quick, quiet } = bench;
  const { db, watched } = platform;
  const events = quick ? QUICK_EVENTS : EVENTS;
  const tenant_id = fleet.businesses[0]?.tenant_id ?? '';
  const readers = (partsOf(watched).get('bookings') ?? []).map(({ pid }) => pid);
  const signal = (what: NodeJS.Signals) => {
    for (const pid of readers) process.kill(pid, what);
  };
  const began = String((await db.query('SELECT now()::text AS now')).rows[0].now);
  const mine = `(SELECT sent_at FROM clients.outbox WHERE tenant_id = '${tenant_id}'
    AND time >= '${began}') AS mine`;
  const taken = `(SELECT received_at FROM bookings.inbox JOIN clients.outbox
    ON outbox.tenant_id = inbox.tenant_id AND outbox.id = inbox.event_id
    WHERE outbox.tenant_id = '${tenant_id}' AND time >= '${began}') AS mine`;
  await quiet.wait();
  const measured = await quiet.once(async () => {
    signal('SIGSTOP');
    try {
      await db.query(ANNOUNCE, [tenant_id, events]);
      const unsent = `SELECT count(*) FROM clients.outbox WHERE sent_at IS NULL`;
      await until('the backlog is sent', async () => (await number(db, unsent)) === 0);
    } finally {
      signal('SIGCONT');
    }
    const count = `SELECT count(*) FROM ${taken}`;
    const all = `SELECT count(*) FROM ${mine}`;
    await until(
      'the backlog is taken in',
      async () => (await number(db, count)) === (await number(db, all)),
    );
  });
  const { foreign_cores } = measured;
  return [
    {
      ...{ id: `${id}-confirmed`, what: `events confirmed by ${name}`, unit: '/s' },
      figure: await number(db, RATE('sent_at', mine)),
      reference: { what: 'the transport alone', figure: await bare(bench.run_ms) },
      ...{ goal: { of: 'figure', at_least: 2_700 }, foreign_cores },
    },
    {
      ...{ id: `${id}-inbox`, what: `events in one consumer's inbox with their effect, ${name}` },
      ...{ unit: '/s', figure: await number(db, RATE('received_at', taken)) },
      ...{ goal: { of: 'figure', at_least: 1_500 }, foreign_cores },
    },
  ];
}

/** Each event of the load since `from` with each who reads it, and when that one took it in. */
const deliveries = (from: string, to: string) => `
  ${OUTBOXES.map(
    (schema) => `SELECT tenant_id, id, type, time FROM ${schema}.outbox
      WHERE time >= '${from}' AND time < '${to}'`,
  ).join(' UNION ALL ')}`;

const readsOf = (from: string, to: string) => `
  SELECT told.time, heard.received_at FROM (${deliveries(from, to)}) AS told
  JOIN transport.subscriptions USING (type)
  LEFT JOIN LATERAL (
    ${OUTBOXES.map(
      (schema) => `SELECT received_at FROM ${schema}.inbox WHERE tenant_id = told.tenant_id
        AND queue = subscriptions.queue AND event_id = told.id`,
    ).join(' UNION ALL ')}
  ) AS heard ON true WHERE subscriptions.queue IN (${OUTBOXES.map((one) => `'${one}'`)})`;

const now = async (db: pg.Client) =>
  String((await db.query('SELECT clock_timestamp()::text AS now')).rows[0].now);

const arrived = (db: pg.Client, from: string, to: string) =>
  until('all that was told is heard', async () => {
    const sql = `SELECT count(*) FROM (${readsOf(from, to)}) AS r WHERE received_at IS NULL`;
    return (await number(db, sql)) === 0;
  });

interface HalfLoad {
  /** Acceptances a second. */
  rate: number;
  /** Before the clock starts: what a load of so long needs. */
  stock(duration_ms: number): Promise<void>;
  /** Accepts at that rate, for so long. */
  run(duration_ms: number): ReturnType<typeof openLoop>;
}

async function halfLoad(bench: Bench): Promise<HalfLoad> {
  const { platform, fleet, run_ms } = bench;
  const accept = { base_url: platform.gateway, next: fleet.shots.accept, addresses };
  await fleet.stock((2_000 * run_ms) / 1_000);
  const target = { name: 'accept', ...accept };
  const full = await measure(bench, target, { callers: CALLERS, duration_ms: run_ms });
  const rate = full.per_second / 2;
  const stock = (duration_ms: number) => fleet.stock((rate * 1.2 * duration_ms) / 1_000 + 200);
  const run = (duration_ms: number) => {
    const next = () => fleet.shots.accept() ?? fleet.shots.charters();
    return openLoop({ ...accept, next, rate, duration_ms, seed: 5 });
  };
  return { rate, stock, run };
}

async function lag(bench: Bench, { id, name }: Transport, half: HalfLoad): Promise<Finding> {
  const { platform, quiet, quick } = bench;
  const { db } = platform;
  const duration_ms = quick ? 5_000 : 20_000;
  await half.stock(duration_ms);
  await quiet.wait();
  let from = '';
  let to = '';
  const { foreign_cores } = await quiet.once(async () => {
    from = await now(db);
    await half.run(duration_ms);
    to = await now(db);
  });
  await arrived(db, from, to);
  const figure = await number(
    db,
    `SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM received_at - time))
      FROM (${readsOf(from, to)}) AS r`,
  );
  return {
    ...{ id: `${id}-lag`, what: `from commit to inbox at half load, p99, ${name}`, unit: 's' },
    ...{ figure, goal: { of: 'figure', at_most: 1 }, foreign_cores },
    note: `${half.rate.toFixed(0)} acceptances/s`,
  };
}

/** The load goes on while the transport is away, and after it. */
async function outage(bench: Bench, transport: Transport, half: HalfLoad): Promise<Finding[]> {
  const { platform, quick, say } = bench;
  const { db } = platform;
  const away_ms = quick ? QUICK_OUTAGE_MS : OUTAGE_MS;
  const { id, name } = transport;
  const duration_ms = away_ms + (quick ? 4_000 : 15_000);
  await half.stock(duration_ms);
  const from = await now(db);
  const load = half.run(duration_ms);
  await setTimeout(1_000);
  await transport.down();
  await setTimeout(away_ms);
  await transport.up();
  const back = await now(db);
  const { statuses, offered, p95_ms } = await load;
  await arrived(db, from, back);
  const drained = await number(
    db,
    `SELECT greatest(extract(epoch FROM max(received_at) - '${back}'), 0)
      FROM (${readsOf(from, back)}) AS r`,
  );
  const failed = offered - (statuses.get(200) ?? 0);
  say(`  ${name} away: ${JSON.stringify([...statuses])}, p95 ${p95_ms.toFixed(1)} ms`);
  // A shorter outage leaves less behind: it has to be gone sooner.
  const at_most = (30 * away_ms) / OUTAGE_MS;
  return [
    {
      ...{
        id: `${id}-drained`,
        what: `${name} away for ${away_ms / 1_000} s: all caught up after`,
      },
      ...{ unit: 's', figure: drained, goal: { of: 'figure', at_most } },
      note: 'half load goes on meanwhile',
    },
    {
      ...{ id: `${id}-outage-failed`, what: 'requests that failed meanwhile', unit: 'times' },
      ...{ figure: failed, goal: { of: 'figure', at_most: offered / 1_000 } },
      note: `of ${offered}`,
    },
  ];
}

export async function measureOutbox(bench: Bench, transport: Transport): Promise<void> {
  bench.found(...(await throughput(bench, transport)));
  const half = await halfLoad(bench);
  bench.found(await lag(bench, transport, half), ...(await outage(bench, transport, half)));
}
