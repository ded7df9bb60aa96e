import type { Platform } from './platform.ts';

export interface OutboxState {
  total: number;
  unsent: number;
  /** Of those that were there at the given time, on the database's clock. */
  unsent_of_then: number;
  now: string;
}

/** All services' outboxes in one consistent look. */
export async function outboxState(platform: Platform, then?: string): Promise<OutboxState> {
  const all = platform.services.map((service) => `SELECT sent_at, time FROM ${service}.outbox`);
  const [row] = await platform.rows<OutboxState>(
    `SELECT count(*)::int AS total, count(*) FILTER (WHERE sent_at IS NULL)::int AS unsent,
       count(*) FILTER (WHERE sent_at IS NULL AND time <= $1::timestamptz)::int AS unsent_of_then,
       now()::text AS now
     FROM (${all.join(' UNION ALL ')}) AS outbox`,
    [then ?? null],
  );
  return row as OutboxState;
}
