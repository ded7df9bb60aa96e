import { type Database, raw, sql } from '@roundhouse/database';
import { within } from '@roundhouse/telemetry/current';
import { traced } from '@roundhouse/telemetry/span';
import { startLoop } from './loop.ts';

export { startLoop };

/** For what fell due by the passing of time, and for what a crash left behind. */
const POLL_MS = 1_000;

/** A row whose time has come. */
export interface Due {
  tenant_id: string;
  id: string;
}

export interface SweepOptions {
  /** The connection of the role that sees the rows of every tenant. */
  worker: Database;
  /**
   * A table with `tenant_id`, `id` and `due_at`, which the worker may SELECT and UPDATE, with a
   * partial index on `due_at`. NULL is never due: whoever has done the work writes that.
   */
  table: string;
  /** As long as a piece of work may take: then the row is due again, for whoever comes. */
  lease_seconds: number;
  /** Pieces of work at once, each with a connection and a call of its own. */
  at_once: number;
  /** One piece of work, in its tenant's own transactions. It may be done twice, also at once. */
  work: (due: Due) => Promise<void>;
  onError: (error: unknown) => void;
}

export interface Sweep {
  stop(): Promise<void>;
}

const sweeps = new Set<() => void>();

/** Lets the sweeps of this process look at once; call it after the commit of what is due now. */
export function wakeSweeps(): void {
  for (const wake of sweeps) wake();
}

/** Takes the lease of what is due longest; nobody waits for a row that somebody else is taking. */
async function claim({ worker, table, lease_seconds, at_once }: SweepOptions): Promise<Due[]> {
  return worker.transaction((tx) =>
    tx.query<Due>(sql`
      UPDATE ${raw(table)} SET due_at = now() + ${lease_seconds}::int * interval '1 second'
      WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM ${raw(table)} WHERE due_at <= now()
        ORDER BY due_at LIMIT ${at_once} FOR UPDATE SKIP LOCKED)
      RETURNING tenant_id, id`),
  );
}

/** A trace of its own: who wrote the row down has had his answer long ago. */
function workAt({ table, work, onError }: SweepOptions, due: Due): Promise<void> {
  return within({ request_id: due.id, tenant_id: due.tenant_id }, () =>
    traced(`sweep ${table}`, { parent: null }, () => work(due)).catch(onError),
  );
}

/** Does what is due now, at most `at_once` pieces, and answers how many there were. */
export async function sweepOnce(options: SweepOptions): Promise<number> {
  const due = await claim(options);
  await Promise.all(due.map((one) => workAt(options, one)));
  return due.length;
}

/** Sweeps from now on, woken by commits in this process and by a poll. */
export function startSweep(options: SweepOptions): Sweep {
  const loop = startLoop({
    poll_ms: POLL_MS,
    turn: async () => (await sweepOnce(options)) === options.at_once,
    onError: options.onError,
  });
  sweeps.add(loop.wake);
  return {
    stop: async () => {
      sweeps.delete(loop.wake);
      await loop.stop();
    },
  };
}
