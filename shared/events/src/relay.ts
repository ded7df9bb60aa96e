import { type Database, sql } from '@roundhouse/database';
import { startLoop } from '@roundhouse/jobs';
import { onPublished } from './publish.ts';
import type { Envelope } from './schema.ts';
import { sendSpan } from './spans.ts';
import type { Transport } from './transport.ts';

/** Enough for one job or one batch of confirms. */
const BATCH = 100;
/**
 * After a wake-up, what is committed meanwhile joins the batch: for 10 ms when little happens, and
 * for longer under load, where each batch costs more than the wait.
 */
const gatherMs = (last_batch: number) => Math.min(10 + 4 * last_batch, 100);
/** For what a crash left behind. */
const POLL_MS = 1_000;

interface OutboxRow {
  tenant_id: string;
  id: string;
  type: string;
  subject: string;
  time: Temporal.Instant;
  data: unknown;
  traceparent: string | null;
}

export interface RelayOptions {
  /** The connection of the role that sees every tenant's outbox. */
  worker: Database;
  transport: Transport;
  /** The service's name, which becomes the events' `source`. */
  service: string;
  onError: (error: unknown) => void;
  /** Told, once that is committed, how many events a batch has sent and how long it took. */
  onSent?: (events: number, seconds: number) => void;
}

export interface Relay {
  stop(): Promise<void>;
}

const toEnvelope = (service: string, row: OutboxRow): Envelope => ({
  specversion: '1.0',
  id: row.id,
  source: `/services/${service}`,
  type: row.type,
  subject: row.subject,
  time: row.time.toString(),
  tenantid: row.tenant_id,
  datacontenttype: 'application/json',
  data: row.data,
  ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
});

/**
 * Sends what is unsent and marks it, in one transaction. Never `id > last`: ids are taken before
 * their commit, and a row that commits late would be passed over.
 */
async function relayBatch(options: RelayOptions): Promise<number> {
  const { worker, transport, service, onSent } = options;
  const began_at = performance.now();
  return worker.transaction(async (tx) => {
    const rows = await tx.query<OutboxRow>(sql`
      SELECT tenant_id, id, type, subject, time, data, traceparent FROM outbox
      WHERE sent_at IS NULL ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`);
    if (rows.length === 0) return 0;
    sendSpan(rows, tx);
    await transport.publish(rows.map((row) => toEnvelope(service, row)));
    const ids = rows.map((row) => row.id);
    tx.queue(sql`
      UPDATE outbox SET sent_at = now() WHERE sent_at IS NULL AND id = ANY(${ids}::uuid[])`);
    tx.afterCommit(() => onSent?.(rows.length, (performance.now() - began_at) / 1_000));
    return rows.length;
  });
}

/** Empties the outbox from now on, woken by commits in this process and by a poll. */
export function startRelay(options: RelayOptions): Relay {
  let sent = 0;
  const loop = startLoop({
    poll_ms: POLL_MS,
    turn: async () => {
      sent = 0;
      sent = await relayBatch(options);
      return sent === BATCH;
    },
    onError: options.onError,
    gatherMs: () => gatherMs(sent),
  });
  const unsubscribe = onPublished(loop.wake);
  return {
    stop: async () => {
      unsubscribe();
      await loop.stop();
      // What the last commits of this process have announced need not wait for another's poll.
      await relayBatch(options).catch(options.onError);
    },
  };
}
