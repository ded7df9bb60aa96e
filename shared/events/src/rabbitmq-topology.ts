import type { Channel } from 'amqplib';
import { backOffMs, MAX_ATTEMPTS } from './transport.ts';

/** That a service reads a type. */
export interface Reading {
  type: string;
  /** The service's name. */
  queue: string;
}

/** Who reads what, as the set-up has written it down from all `subscriptions.ts`. */
export interface Topology {
  reads: Reading[];
  /** What was read once: its binding goes, wherever it is still found. */
  unbound: Reading[];
}

/** Where events are published, by their type. */
export const EVENTS = 'roundhouse.events';
/** Leads to one service's queue, by `<service>.<anything>`: for what was put back or replayed. */
export const QUEUES = 'roundhouse.queues';
/** Where what failed waits, by `<service>.<milliseconds>`. */
export const RETRY = 'roundhouse.retry';
/** Where what was given up lies, by the service's name. */
export const DEAD = 'roundhouse.dead';

export const queueOf = (service: string): string => `roundhouse.${service}`;
export const deadQueueOf = (service: string): string => `roundhouse.${service}.dead`;

/** One queue a delay: with a time to live for each message, a long one would hold up short ones. */
const DELAYS = [...new Set(Array.from({ length: MAX_ATTEMPTS }, (_, n) => backOffMs(n)))];

/**
 * How often a queue hands out one message without an answer, before it is a dead letter: for what
 * kills its consumer. Told to the broker, since RabbitMQ before 4.0 knows no limit and later ones
 * drop what is beyond theirs.
 */
const DELIVERY_LIMIT = 20;
/** An operator who looks at dead letters takes and returns them, which counts as a delivery. */
const LOOKS_LIMIT = 1_000_000_000;

const keeping = (dead_letter_exchange: string, routing_key?: string) => ({
  'x-queue-type': 'quorum',
  'x-delivery-limit': DELIVERY_LIMIT,
  'x-dead-letter-exchange': dead_letter_exchange,
  ...(routing_key === undefined ? {} : { 'x-dead-letter-routing-key': routing_key }),
  // Removed here only when it is confirmed there; it asks for this kind of overflow.
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});

async function declareService(channel: Channel, service: string): Promise<void> {
  const dead = { 'x-queue-type': 'quorum', 'x-delivery-limit': LOOKS_LIMIT };
  await channel.assertQueue(deadQueueOf(service), { durable: true, arguments: dead });
  await channel.bindQueue(deadQueueOf(service), DEAD, service);
  const own = { durable: true, arguments: keeping(DEAD, service) };
  await channel.assertQueue(queueOf(service), own);
  await channel.bindQueue(queueOf(service), QUEUES, `${service}.*`);
}

async function declareDelay(channel: Channel, delay_ms: number): Promise<void> {
  const queue = `${RETRY}.${delay_ms}`;
  // Without a routing key of its own, so that the message keeps the one that leads home.
  const waiting = { ...keeping(QUEUES), 'x-message-ttl': delay_ms };
  await channel.assertQueue(queue, { durable: true, arguments: waiting });
  await channel.bindQueue(queue, RETRY, `*.${delay_ms}`);
}

/**
 * Declares all of it, of every service: whoever publishes first after a broker has lost its data
 * must not reach some readers and not others. Again, it changes nothing.
 * @throws where the broker has a queue of that name which is another kind, or forbids it.
 */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const [exchange, kind] of [
    [EVENTS, 'topic'],
    [QUEUES, 'topic'],
    [RETRY, 'topic'],
    [DEAD, 'direct'],
  ] as const) {
    await channel.assertExchange(exchange, kind, { durable: true });
  }
  const services = new Set(topology.reads.map(({ queue }) => queue));
  for (const service of services) await declareService(channel, service);
  for (const delay_ms of DELAYS) await declareDelay(channel, delay_ms);
  for (const { type, queue } of topology.reads) {
    await channel.bindQueue(queueOf(queue), EVENTS, type);
  }
  for (const { type, queue } of topology.unbound) {
    if (services.has(queue)) await channel.unbindQueue(queueOf(queue), EVENTS, type);
  }
}
