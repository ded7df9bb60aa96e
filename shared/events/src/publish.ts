import { sql, type TenantTransaction } from '@roundhouse/database';
import { z } from 'zod';
import type { EventType } from './schema.ts';

const relays = new Set<() => void>();

/** Lets a relay of this process know when there is something to send. */
export function onPublished(wake: () => void): () => void {
  relays.add(wake);
  return () => relays.delete(wake);
}

/** Writes the event in the transaction of the change: both happen or neither does. */
export function publish<Data extends z.ZodType>(
  tx: TenantTransaction,
  event: EventType<Data>,
  subject: string,
  data: z.output<Data>,
): void {
  const { id, now } = tx.tenant;
  tx.queue(sql`
    INSERT INTO outbox (tenant_id, type, subject, time, data)
    VALUES (${id}, ${event.type}, ${subject}, ${now()},
      ${JSON.stringify(z.encode(event.data, data))}::json)`);
  tx.afterCommit(wakeRelays);
}

/** The same for many subjects of one type, in one statement. */
export function publishAll<Data extends z.ZodType>(
  tx: TenantTransaction,
  event: EventType<Data>,
  all: readonly { subject: string; data: z.output<Data> }[],
): void {
  if (all.length === 0) return;
  const { id, now } = tx.tenant;
  const data = all.map((one) => JSON.stringify(z.encode(event.data, one.data)));
  tx.queue(sql`
    INSERT INTO outbox (tenant_id, type, subject, time, data)
    SELECT ${id}, ${event.type}, subject, ${now()}, data
    FROM unnest(${all.map(({ subject }) => subject)}::text[], ${data}::json[])
      AS one (subject, data)`);
  tx.afterCommit(wakeRelays);
}

function wakeRelays(): void {
  for (const wake of relays) wake();
}
