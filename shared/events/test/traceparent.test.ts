import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect, type Database, type Origin } from '@roundhouse/database';
import { setTracer } from '@roundhouse/telemetry/span';
import { eventually, freshDatabase, type TestDatabase } from '@roundhouse/testing';
import { z } from 'zod';
import { publish, publishAll, startRelay } from '../src/events.ts';
import { defineEvent, Envelope } from '../src/schema.ts';
import type { Transport } from '../src/transport.ts';

const ClientGreeted = defineEvent('clients.client.greeted.v1', z.object({}), {});
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const origin: Origin = { actor_kind: 'system', actor_id: null, request_id: 'test', address: null };

let database: TestDatabase;
let clients: Database;
let worker: Database;
beforeAll(async () => {
  database = await freshDatabase();
  clients = connect({ url: database.url('clients_app'), max: 1 });
  worker = connect({ url: database.url('clients_worker'), max: 1 });
});
afterAll(async () => {
  await Promise.all([clients.close(), worker.close()]);
  await database.drop();
});

/** What the relay gives to the transport, by subject. */
async function sent(subjects: string[]): Promise<Map<string, Envelope>> {
  const heard = new Map<string, Envelope>();
  const transport: Transport = {
    publish: async (events) => {
      for (const event of events) heard.set(event.subject, event);
    },
    consume: () => Promise.reject(new Error('Nobody listens.')),
    deadLetters: async () => 0,
    close: async () => undefined,
  };
  const onError = (error: unknown) => Promise.reject(error);
  const relay = startRelay({ worker, transport, service: 'clients', onError });
  await eventually(async () => expect([...heard.keys()].sort()).toEqual(subjects.toSorted()));
  await relay.stop();
  return heard;
}

/** Spans in the order of their begin, as a tracer makes them. */
function aTracer(): { traceparent: string; ended: boolean }[] {
  const spans: { traceparent: string; ended: boolean }[] = [];
  setTracer(() => {
    const number = String(spans.length + 1).padStart(16, '0');
    const told = { traceparent: TRACEPARENT.replace('00f067aa0ba902b7', number), ended: false };
    spans.push(told);
    const nothing = () => undefined;
    const end = () => {
      told.ended = true;
    };
    return {
      trace_id: '',
      traceparent: told.traceparent,
      rename: nothing,
      set: nothing,
      end,
      fail: nothing,
    };
  });
  return spans;
}
afterEach(() => setTracer(undefined));

test('an event carries the trace in which it was announced, by one and by many', async () => {
  const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
  const announced = aTracer();
  const announce = () =>
    clients.tenant(randomUUID(), origin).transaction(async (tx) => {
      publish(tx, ClientGreeted, one, {});
      const all = [two, three].map((subject) => ({ subject, data: {} }));
      publishAll(tx, ClientGreeted, all);
    });
  await announce();
  setTracer(undefined);
  const heard = await sent([one, two, three]);
  const parents = [one, two, three].map(
    (subject) => Envelope.parse(heard.get(subject)).traceparent,
  );
  // The two were announced by one statement, which is one span.
  expect(parents).toEqual([announced[0]?.traceparent, ...Array(2).fill(announced[1]?.traceparent)]);
  expect(announced.map(({ ended }) => ended)).toEqual([true, true]);
});

test('what is rolled back was announced by nobody', async () => {
  const announced = aTracer();
  const work = clients.tenant(randomUUID(), origin).transaction(async (tx) => {
    publish(tx, ClientGreeted, randomUUID(), {});
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(announced.map(({ ended }) => ended)).toEqual([false]);
});

test('an event of no trace says nothing of one', async () => {
  const subject = randomUUID();
  await clients.tenant(randomUUID(), origin).transaction(async (tx) => {
    publish(tx, ClientGreeted, subject, {});
  });
  const envelope = (await sent([subject])).get(subject);
  expect(envelope).toBeDefined();
  expect(envelope).not.toHaveProperty('traceparent');
});

test('an event with a trace that is none is an event like others', () => {
  const envelope = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/services/clients',
    type: ClientGreeted.type,
    subject: 'somebody',
    time: '2026-11-21T12:00:00Z',
    tenantid: randomUUID(),
    datacontenttype: 'application/json',
    data: {},
  };
  for (const traceparent of ['nonsense', '', 42, null, { a: 1 }, `${TRACEPARENT}-more`]) {
    expect(Envelope.parse({ ...envelope, traceparent })).toEqual(envelope);
  }
});
