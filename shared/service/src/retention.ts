import { type Database, raw, sql } from '@roundhouse/database';
import type { Background } from './background.ts';

const HOUR_MS = 3_600_000;

/** A statement that deletes more at once could outlast its time limit, and then for good. */
const AT_ONCE = 5_000;

/** For each table the condition under which a row is past its time; swept in this order. */
export type Expired = Readonly<Record<string, string>>;

/**
 * What grows with every request has an end: a sent event can be replayed for a week, an inbox row
 * outlives every replay, a key is kept for the 24 hours that are promised.
 */
const EXPIRED: Expired = {
  outbox: `time < now() - interval '7 days' AND sent_at IS NOT NULL`,
  inbox: `received_at < now() - interval '14 days'`,
  // Four times as long as an access token lives.
  revocations: `revoked_at < now() - interval '1 hour'`,
  idempotency_keys: `created_at < now() - interval '24 hours'`,
};

export async function deleteExpired(worker: Database, all: Expired): Promise<void> {
  for (const [table, expired] of Object.entries(all)) {
    const batch = sql`DELETE FROM ${raw(table)} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${raw(table)} WHERE ${raw(expired)} LIMIT ${AT_ONCE})) RETURNING 1 AS gone`;
    let gone = AT_ONCE;
    while (gone === AT_ONCE) {
      gone = (await worker.transaction((tx) => tx.query(batch))).length;
    }
  }
}

/** Deletes what is past its time, at the start and every hour; a service names its own tables. */
export function startRetention(
  worker: Database,
  onError: (error: unknown) => void,
  expired = EXPIRED,
): Background {
  const sweep = () => deleteExpired(worker, expired).catch(onError);
  void sweep();
  const timer = setInterval(sweep, HOUR_MS);
  return {
    stop: async () => clearInterval(timer),
  };
}
