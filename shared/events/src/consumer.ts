import {
  type Database,
  type Origin,
  setTenant,
  sql,
  type TenantTransaction,
  type Transaction,
} from '@roundhouse/database';
import { within } from '@roundhouse/telemetry/current';
import { z } from 'zod';
import { isOutage } from './outage.ts';
import { Envelope, type EventType } from './schema.ts';
import { type Taking, taking, takingAll } from './spans.ts';
import type { Consumer, Failure, Transport } from './transport.ts';

/** An event as its subscriber gets it: the data decoded by the publisher's own schema. */
export interface Received<Data> {
  id: string;
  type: string;
  subject: string;
  time: Temporal.Instant;
  data: Data;
}

export interface Subscription {
  event: EventType;
  take: (event: Received<unknown>, tx: TenantTransaction) => Promise<void>;
}

/** What a service does when it hears of an event, in the transaction of its inbox row. */
export function on<Data extends z.ZodType>(
  event: EventType<Data>,
  take: (event: Received<z.output<Data>>, tx: TenantTransaction) => Promise<void>,
): Subscription {
  return { event: event as EventType, take: take as Subscription['take'] };
}

export interface ConsumerOptions {
  database: Database;
  transport: Transport;
  /** The service's name, which is also its queue's. */
  queue: string;
  subscriptions: Subscription[];
  onFailure: (failure: Failure) => void;
  /** Told when nothing can be taken in because the database is away; it is tried again. */
  onOutage?: (error: unknown) => void;
  /** Told of the events that took effect, once that is committed: never of one that came again. */
  onTaken?: (events: Envelope[]) => void;
  /** Told how many seconds a batch took, with the events of it that failed. */
  onBatch?: (seconds: number) => void;
}

const originOf = (event: Envelope): Origin => ({
  actor_kind: 'system',
  actor_id: event.type,
  request_id: event.id,
  address: null,
});

interface Known {
  event: Envelope;
  subscription: Subscription;
  work: Taking;
}

/**
 * The events that were not taken in before. Keyed by queue and event: an event takes effect once in
 * each queue, however often it comes. All of them in one round trip, each under its own tenant.
 */
async function receive({ queue }: ConsumerOptions, known: Known[], tx: Transaction) {
  const results = await tx.queries(
    known.flatMap(({ event: { tenantid, id } }) => [
      setTenant(tenantid),
      sql`INSERT INTO inbox (tenant_id, queue, event_id) VALUES (${tenantid}, ${queue}, ${id})
        ON CONFLICT DO NOTHING RETURNING event_id`,
    ]),
  );
  return known.filter((_, index) => (results[2 * index + 1]?.length ?? 0) > 0);
}

/** Takes the events in one transaction, each with its own tenant set; all of them or none. */
export async function takeTogether(options: ConsumerOptions, events: Envelope[]): Promise<void> {
  const { database, subscriptions } = options;
  const known = events.flatMap((event) => {
    const subscription = subscriptions.find((one) => one.event.type === event.type);
    if (subscription === undefined) return [];
    return [{ event, subscription, work: taking(event, options.queue, events.length) }];
  });
  if (known.length === 0) return;
  const all = known.map(({ work }) => work);
  await takingAll(all, () =>
    database.transaction(async (tx) => {
      const fresh = await receive(options, known, tx);
      tx.afterCommit(() => options.onTaken?.(fresh.map(({ event }) => event)));
      for (const { event, subscription, work } of fresh) {
        const { id, type, subject, tenantid } = event;
        tx.queue(setTenant(tenantid));
        const tenant = database.tenant(tenantid, originOf(event));
        const data = z.decode(subscription.event.data, event.data);
        const time = Temporal.Instant.from(event.time);
        const received = { id, type, subject, time, data };
        await within(work.current, () =>
          subscription.take(received, Object.assign(tx, { tenant })),
        );
      }
    }),
  );
}

const isEvent = (given: unknown): Failure[] => {
  const { error } = Envelope.safeParse(given);
  return error === undefined ? [] : [{ event: given as Envelope, error, hopeless: true }];
};

/**
 * Takes a batch; when it fails, one by one, so that one bad event does not hold up the others.
 * @throws where the database is away, which is no event's fault.
 */
async function takeBatch(options: ConsumerOptions, batch: Envelope[]): Promise<Failure[]> {
  const hopeless = batch.flatMap(isEvent);
  const events = batch.filter((given) => !hopeless.some(({ event }) => event === given));
  const failures: Failure[] = [];
  const takeOne = (event: Envelope) =>
    takeTogether(options, [Envelope.parse(event)]).catch((error: unknown) => {
      if (isOutage(error)) throw error;
      failures.push({ event, error });
    });
  const parsed = events.map((event) => Envelope.parse(event));
  const failed = await takeTogether(options, parsed).then(
    () => false,
    (error: unknown) => {
      if (isOutage(error)) throw error;
      const [only] = events;
      if (only !== undefined && events.length === 1) failures.push({ event: only, error });
      return events.length > 1;
    },
  );
  if (failed) for (const event of events) await takeOne(event);
  return [...hopeless, ...failures];
}

/** Listens to the service's queue until stopped. */
export function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  return options.transport.consume(options.queue, async (events) => {
    const began_at = performance.now();
    const failures = await takeBatch(options, events).catch((error: unknown) => {
      options.onOutage?.(error);
      throw error;
    });
    options.onBatch?.((performance.now() - began_at) / 1_000);
    for (const failure of failures) options.onFailure(failure);
    return failures;
  });
}
