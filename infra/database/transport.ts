import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPool } from '@roundhouse/database/pool';
import type { Subscription } from '@roundhouse/events';
import type { Reading, Topology } from '@roundhouse/events/operator';
import { runMigrations } from 'graphile-worker';
import type { ServiceFolder } from './services.ts';

/** Who reads which type: from the services' own lists, so that nobody keeps a second one. */
export async function subscribed(services: ServiceFolder[]): Promise<Reading[]> {
  const found: Reading[] = [];
  for (const { name, folder } of services) {
    const file = join(folder, 'src/subscriptions.ts');
    if (!existsSync(file)) continue;
    const { subscriptions }: { subscriptions: Subscription[] } = await import(file);
    found.push(...subscriptions.map(({ event }) => ({ type: event.type, queue: name })));
  }
  return found;
}

const FUNCTIONS = `
  CREATE TABLE IF NOT EXISTS transport.subscriptions (
    type text NOT NULL, queue text NOT NULL, PRIMARY KEY (type, queue));
  -- What was read once: RabbitMQ keeps such a binding until somebody takes it away.
  CREATE TABLE IF NOT EXISTS transport.unbound (
    type text NOT NULL, queue text NOT NULL, PRIMARY KEY (type, queue));
  CREATE TABLE IF NOT EXISTS transport.dead_letters (
    queue text NOT NULL, event json NOT NULL, error text NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE transport.dead_letters ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 0;

  -- One job a queue, with the events that it reads.
  CREATE OR REPLACE FUNCTION transport.publish(events json) RETURNS void LANGUAGE sql AS $$
    SELECT graphile_worker.add_job('events:' || queue,
      json_build_object('events', json_agg(event), 'attempt', 0))
    FROM json_array_elements(events) AS event
    JOIN transport.subscriptions ON type = event ->> 'type'
    GROUP BY queue
  $$;

  -- A worker that was killed leaves its jobs locked. A batch takes well under a second, and taking
  -- one twice is what the inbox is for, so a lock does not have to be honored for long.
  CREATE OR REPLACE FUNCTION transport.free_jobs(queue text, held interval) RETURNS void
  LANGUAGE sql AS $$
    SELECT graphile_worker.force_unlock_workers(array_agg(DISTINCT locked_by))
    FROM graphile_worker.jobs
    WHERE task_identifier = 'events:' || queue AND locked_at < now() - held
    HAVING count(*) > 0
  $$;

  -- Puts an event back for later, or aside for a person to look at.
  CREATE OR REPLACE FUNCTION transport.retry(
    queue text, event json, attempt int, delay interval, error text, give_up boolean)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF give_up THEN
      INSERT INTO transport.dead_letters (queue, event, error, attempts)
        VALUES (queue, event, error, attempt);
    ELSE
      PERFORM graphile_worker.add_job('events:' || queue,
        json_build_object('events', json_build_array(event), 'attempt', attempt),
        run_at := now() + delay);
    END IF;
  END $$;

  -- As it was published first, for one queue.
  CREATE OR REPLACE FUNCTION transport.replay(queue text, event json) RETURNS void
  LANGUAGE sql VOLATILE AS $$
    SELECT graphile_worker.add_job('events:' || queue,
      json_build_object('events', json_build_array(event), 'attempt', 0))
  $$;`;

const WRITE_DOWN = `
  WITH wanted AS (SELECT type, queue FROM json_to_recordset($1) AS t(type text, queue text)),
    gone AS (DELETE FROM transport.subscriptions
      WHERE (type, queue) NOT IN (SELECT type, queue FROM wanted) RETURNING type, queue),
    unbound AS (INSERT INTO transport.unbound SELECT type, queue FROM gone ON CONFLICT DO NOTHING),
    bound AS (DELETE FROM transport.unbound
      WHERE (type, queue) IN (SELECT type, queue FROM wanted))
  INSERT INTO transport.subscriptions SELECT type, queue FROM wanted ON CONFLICT DO NOTHING`;

/** Creates the transport's schema, and writes down who reads what; answers it. */
export async function prepareTransport(url: string, services: ServiceFolder[]): Promise<Topology> {
  const reads = await subscribed(services);
  const pool = openPool({ connectionString: url, max: 2 });
  try {
    await runMigrations({ pgPool: pool });
    await pool.query(FUNCTIONS);
    await pool.query(WRITE_DOWN, [JSON.stringify(reads)]);
    const unbound = await pool.query<Reading>('SELECT type, queue FROM transport.unbound');
    return { reads, unbound: unbound.rows };
  } finally {
    await pool.end();
  }
}

/**
 * Lets a service know all of it, in its own schema, which is all that it reaches: on RabbitMQ each
 * process declares the queues of all readers before it publishes. `url` is the owner's.
 */
export async function tellTopology(url: string, topology: Topology): Promise<void> {
  const pool = openPool({ connectionString: url, max: 1 });
  try {
    const body = `format('SELECT %L::json', $1::text)`;
    const { rows } = await pool.query<{ statement: string }>(
      `SELECT format('CREATE OR REPLACE FUNCTION event_topology() RETURNS json
        LANGUAGE sql IMMUTABLE AS %L', ${body}) AS statement`,
      [JSON.stringify(topology)],
    );
    await pool.query(rows[0]?.statement ?? '');
  } finally {
    await pool.end();
  }
}
