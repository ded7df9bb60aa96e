import { type Database, sql } from '@roundhouse/database';
import type { Background } from './background.ts';

const HOUR_MS = 3_600_000;

/**
 * What grows with every request has an end: a sent event can be replayed for a week, an inbox row
 * outlives every replay, a key is kept for the 24 hours that are promised.
 */
const EXPIRED = [
  sql`DELETE FROM outbox WHERE sent_at < now() - interval '7 days'`,
  sql`DELETE FROM inbox WHERE received_at < now() - interval '14 days'`,
  sql`DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'`,
];

async function deleteExpired(worker: Database): Promise<void> {
  for (const statement of EXPIRED) {
    await worker.transaction(async (tx) => void (await tx.query(statement)));
  }
}

/** Deletes what is past its time, at the start and every hour. */
export function startRetention(worker: Database, onError: (error: unknown) => void): Background {
  const sweep = () => deleteExpired(worker).catch(onError);
  void sweep();
  const timer = setInterval(sweep, HOUR_MS);
  return {
    stop: async () => clearInterval(timer),
  };
}
