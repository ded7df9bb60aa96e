import type { TenantTransaction, Transaction } from '@roundhouse/database';
import { type Current, within } from '@roundhouse/telemetry/current';
import { isTracing, startSpan, tellError } from '@roundhouse/telemetry/span';
import type { Envelope } from './schema.ts';

/** OpenTelemetry's conventions for messaging, whose systems ours is none of. */
const MESSAGING = { 'messaging.system': 'roundhouse' };

/**
 * The span of an announcement, as its event carries it on; null where nobody traces. It ends with
 * the commit: what was rolled back was not announced.
 */
export function announce(tx: TenantTransaction, type: string, count = 1): string | null {
  const span = startSpan(`create ${type}`, {
    kind: 'producer',
    attributes: {
      ...MESSAGING,
      'messaging.operation.name': 'create',
      'messaging.operation.type': 'create',
      'messaging.destination.name': type,
      ...(count === 1 ? {} : { 'messaging.batch.message_count': count }),
    },
  });
  if (span === undefined) return null;
  tx.afterCommit(() => span.end());
  return span.traceparent;
}

const isSampled = (traceparent: string | null) => /-\w[13579bdf]$/.test(traceparent ?? '');
const LINKS = 128;

/** One span for a batch on its way to the transport, where any of its events is traced. */
export function sendSpan(rows: readonly { traceparent: string | null }[], tx: Transaction): void {
  const links = rows.flatMap(({ traceparent }) => (isSampled(traceparent) ? traceparent : []));
  if (!isTracing() || links.length === 0) return;
  const span = startSpan('send events', {
    kind: 'client',
    parent: null,
    links: links.filter((link) => link !== null).slice(0, LINKS),
    attributes: {
      ...MESSAGING,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': rows.length,
    },
  });
  tx.afterCommit(() => span?.end());
}

/** What an event's subscriber works at: below the announcement, in whatever process that was. */
export interface Taking {
  current: Current;
  end(error?: unknown): void;
}

export function taking(event: Envelope, queue: string, together: number): Taking {
  const span = startSpan(`process ${event.type}`, {
    kind: 'consumer',
    parent: event.traceparent ?? null,
    attributes: {
      ...MESSAGING,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': event.type,
      'messaging.destination.subscription.name': queue,
      'messaging.message.id': event.id,
      ...(together === 1 ? {} : { 'messaging.batch.message_count': together }),
    },
  });
  return {
    current: { request_id: event.id, tenant_id: event.tenantid, span },
    end: (error) => {
      if (error !== undefined && span !== undefined) tellError(span, error);
      span?.end();
    },
  };
}

/**
 * The transaction of a single event belongs to it; that of several belongs to none of them. When
 * those fail together each is taken by itself, and told of then.
 */
export async function takingAll<T>(all: readonly Taking[], work: () => Promise<T>): Promise<T> {
  const [only] = all;
  const alone = only !== undefined && all.length === 1;
  try {
    const result = await within(alone ? only.current : {}, work);
    for (const one of all) one.end();
    return result;
  } catch (error) {
    if (alone) only.end(error);
    throw error;
  }
}
