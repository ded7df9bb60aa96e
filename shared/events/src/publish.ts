import { sql, type TenantTransaction } from '@roundhouse/database';
import { z } from 'zod';
import type { EventType } from './schema.ts';
import { announce } from './spans.ts';

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
    INSERT INTO outbox (tenant_id, type, subject, time, data, traceparent)
    VALUES (${id}, ${event.type}, ${subject}, ${now()},
      ${JSON.stringify(z.encode(event.data, data))}::json, ${announce(tx, event.type)})`);
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
  const traceparent = announce(tx, event.type, all.length);
  tx.queue(sql`
    INSERT INTO outbox (tenant_id, type, subject, time, data, traceparent)
    SELECT ${id}, ${event.type}, subject, ${now()}, data, ${traceparent}
    FROM unnest(${all.map(({ subject }) => subject)}::text[], ${data}::json[])
      AS one (subject, data)`);
  tx.afterCommit(wakeRelays);
}

export interface Redaction {
  subjects: readonly string[];
  /** What is put over the members of these names, in each event that has all of them. */
  blank: Record<string, unknown>;
  /** Leaves alone what somebody has still to hear of. */
  sent?: true;
}

/** Takes out what was told of these subjects; it stays an event of its type. */
export function redactEvents(tx: TenantTransaction, redaction: Redaction): void {
  const { subjects, blank, sent = false } = redaction;
  tx.queue(sql`
    UPDATE outbox SET data = (data::jsonb || ${JSON.stringify(blank)}::jsonb)::json
    WHERE tenant_id = ${tx.tenant.id} AND subject = ANY (${[...subjects]}::text[])
      AND (sent_at IS NOT NULL OR NOT ${sent}::boolean)
      AND data::jsonb ?& ${Object.keys(blank)}::text[]`);
}

function wakeRelays(): void {
  for (const wake of relays) wake();
}
