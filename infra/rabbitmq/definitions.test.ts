import { expect, test } from '@jest/globals';
import { type Definitions, faultsOf } from './definitions.ts';

const kept = { 'x-queue-type': 'quorum', 'x-delivery-limit': 20 };
const queue = (name: string, given: Record<string, unknown>) => ({
  ...{ name, vhost: '/', durable: true },
  arguments: { ...given },
});
const binding = (source: string, destination: string, routing_key: string) => ({
  ...{ source, vhost: '/', destination, destination_type: 'queue', routing_key },
});

/** One service's queues and one delay, as the transport declares them. */
const sound = (): Definitions => ({
  exchanges: [],
  queues: [
    queue('roundhouse.bookings', {
      ...kept,
      'x-dead-letter-exchange': 'roundhouse.dead',
      'x-dead-letter-routing-key': 'bookings',
      'x-dead-letter-strategy': 'at-least-once',
    }),
    queue('roundhouse.bookings.dead', kept),
    queue('roundhouse.retry.100', {
      ...kept,
      'x-message-ttl': 100,
      'x-dead-letter-exchange': 'roundhouse.queues',
      'x-dead-letter-strategy': 'at-least-once',
    }),
  ],
  bindings: [
    binding('roundhouse.dead', 'roundhouse.bookings.dead', 'bookings'),
    binding('roundhouse.queues', 'roundhouse.bookings', 'bookings.*'),
    binding('roundhouse.retry', 'roundhouse.retry.100', '*.100'),
  ],
});

const without = (name: string, argument: string): Definitions => {
  const all = sound();
  for (const one of all.queues) if (one.name === name) delete one.arguments[argument];
  return all;
};

test('queues that keep every event have no fault', () => {
  expect(faultsOf(sound())).toEqual([]);
});

test.each([
  ['roundhouse.bookings', 'x-dead-letter-exchange', 'has no dead-letter exchange'],
  ['roundhouse.retry.100', 'x-dead-letter-exchange', 'has no dead-letter exchange'],
  ['roundhouse.bookings', 'x-dead-letter-strategy', 'gives up at most once'],
  ['roundhouse.bookings', 'x-delivery-limit', 'has no delivery limit'],
  ['roundhouse.bookings.dead', 'x-delivery-limit', 'has no delivery limit'],
  ['roundhouse.bookings.dead', 'x-queue-type', 'is no quorum queue'],
])('%s without %s is found', (name, argument, fault) => {
  expect(faultsOf(without(name, argument))).toEqual([`${name} ${fault}`]);
});

test('a way that leads nowhere is found', () => {
  const all = sound();
  const unbound = (source: string) => all.bindings.filter((one) => one.source !== source);
  expect(faultsOf({ ...all, bindings: unbound('roundhouse.dead') })).toEqual([
    'roundhouse.bookings gives up to roundhouse.dead, which leads nowhere',
  ]);
  expect(faultsOf({ ...all, bindings: unbound('roundhouse.queues') })).toEqual([
    'roundhouse.retry.100 gives up to roundhouse.queues, which leads nowhere',
  ]);
});
