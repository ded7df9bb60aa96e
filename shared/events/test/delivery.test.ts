import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, type Database, type Origin, sql } from '@roundhouse/database';
import { openPool } from '@roundhouse/database/pool';
import { eventually, freshDatabase, type TestDatabase } from '@roundhouse/testing';
import { z } from 'zod';
import { on, postgresTransport, publish, startConsumer, startRelay } from '../src/events.ts';
import { defineEvent, type Envelope } from '../src/schema.ts';
import type { Transport } from '../src/transport.ts';

const Facts = z.object({ id: z.uuid(), name: z.string() });
const id = '019a6f5e-0000-7000-8000-000000000002';
const ClientGreeted = defineEvent('clients.client.greeted.v1', Facts, { id, name: 'Riverside' });

// From clients, which announces, to bookings, which alone listens: on the real transport.
let database: TestDatabase;
let clients: Database;
let bookings: Database;
let worker: Database;
let transport: Transport;
beforeAll(async () => {
  database = await freshDatabase();
  await database.inspect('INSERT INTO transport.subscriptions (type, queue) VALUES ($1, $2)', [
    ClientGreeted.type,
    'bookings',
  ]);
  clients = connect({ url: database.url('clients_app'), max: 2 });
  bookings = connect({ url: database.url('bookings_app'), max: 2 });
  worker = connect({ url: database.url('clients_worker'), max: 1 });
  transport = postgresTransport(database.url('transport'));
});
afterAll(async () => {
  await Promise.all([clients.close(), bookings.close(), worker.close(), transport.close()]);
  await database.drop();
});

const origin: Origin = { actor_kind: 'system', actor_id: null, request_id: 'test', address: null };
const facts = (id: string, name = 'Riverside') => ({ id, name });

async function announces(tenant_id: string, name?: string): Promise<string> {
  const id = randomUUID();
  await clients.tenant(tenant_id, origin).transaction(async (tx) => {
    publish(tx, ClientGreeted, id, facts(id, name));
  });
  return id;
}

/** A listener that keeps a row for each event it takes, in the transaction of its inbox row. */
const keeps = on(ClientGreeted, async ({ data }, tx) => {
  if (data.name === 'poison') throw new Error('cannot be taken');
  tx.queue(sql`
    INSERT INTO clients (tenant_id, id, version, name, status)
    VALUES (${tx.tenant.id}, ${data.id}, 1, ${data.name}, 'active')`);
});

const kept = async (tenant_id: string) =>
  (
    await database.inspect<{ id: string }>('SELECT id FROM bookings.clients WHERE tenant_id = $1', [
      tenant_id,
    ])
  ).map(({ id }) => id);
const unsent = () => database.inspect('SELECT id FROM clients.outbox WHERE sent_at IS NULL');

const relay = (through = transport) =>
  startRelay({ worker, transport: through, service: 'clients', onError: () => undefined });
const consumer = (through = transport) =>
  startConsumer({
    database: bookings,
    transport: through,
    queue: 'bookings',
    subscriptions: [keeps],
    onFailure: () => undefined,
  });

describe('an event', () => {
  test('of a transaction that was rolled back is never heard', async () => {
    const tenant_id = randomUUID();
    const work = clients.tenant(tenant_id, origin).transaction(async (tx) => {
      publish(tx, ClientGreeted, tenant_id, facts(randomUUID()));
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow();
    expect(await unsent()).toEqual([]);
  });

  test('arrives, and takes effect once for each of a hundred', async () => {
    const [sender, listener] = [relay(), await consumer()];
    const tenant_id = randomUUID();
    const ids = await Promise.all(Array.from({ length: 100 }, () => announces(tenant_id)));
    await eventually(async () => expect((await kept(tenant_id)).length).toBe(100));
    expect(new Set(await kept(tenant_id))).toEqual(new Set(ids));
    expect(await unsent()).toEqual([]);
    await Promise.all([sender.stop(), listener.stop()]);
  });

  test('that a crash has left in the outbox is sent by the next relay', async () => {
    const tenant_id = randomUUID();
    const id = await announces(tenant_id);
    const [sender, listener] = [relay(), await consumer()];
    await eventually(async () => expect(await kept(tenant_id)).toEqual([id]));
    await Promise.all([sender.stop(), listener.stop()]);
  });

  test('that was sent but not marked before a crash is sent again, and counts once', async () => {
    const tenant_id = randomUUID();
    let published = 0;
    // Dies between the transport's word and the mark, three times.
    const dying: Transport = {
      ...transport,
      publish: async (events) => {
        await transport.publish(events);
        published += 1;
        if (published <= 3) throw new Error('killed');
      },
    };
    const [sender, listener] = [relay(dying), await consumer()];
    const id = await announces(tenant_id);
    await eventually(async () => expect(await unsent()).toEqual([]));
    await eventually(async () => expect(await kept(tenant_id)).toEqual([id]));
    expect(published).toBeGreaterThan(3);
    await Promise.all([sender.stop(), listener.stop()]);
    const inbox = await database.inspect(
      'SELECT event_id FROM bookings.inbox WHERE tenant_id = $1',
      [tenant_id],
    );
    expect(inbox).toHaveLength(1);
  });

  test('that nobody reads yet is sent and gone', async () => {
    const sender = relay();
    const tenant_id = randomUUID();
    await clients.tenant(tenant_id, origin).transaction(async (tx) => {
      const unknown = { ...ClientGreeted, type: 'clients.client.praised.v1' };
      publish(tx, unknown, tenant_id, facts(tenant_id));
    });
    await eventually(async () => expect(await unsent()).toEqual([]));
    await sender.stop();
  });
});

describe('an event that cannot be taken', () => {
  test('does not hold up the others of its batch, and comes again later', async () => {
    const tenant_id = randomUUID();
    const good = await announces(tenant_id);
    await announces(tenant_id, 'poison');
    const better = await announces(tenant_id);
    const [sender, listener] = [relay(), await consumer()];
    await eventually(async () =>
      expect(new Set(await kept(tenant_id))).toEqual(new Set([good, better])),
    );
    const waiting = await eventually(async () => {
      const jobs = await database.inspect<{ attempt: number }>(
        `SELECT (payload ->> 'attempt')::int AS attempt FROM graphile_worker._private_jobs
           WHERE payload::text LIKE '%poison%'`,
      );
      expect(jobs.length).toBe(1);
      return jobs;
    });
    expect(waiting[0]?.attempt).toBeGreaterThan(0);
    await Promise.all([sender.stop(), listener.stop()]);
  });

  test('becomes a dead letter in the end', async () => {
    const pool = openPool({ connectionString: database.url('transport'), max: 1 });
    const letter = { id: randomUUID(), type: ClientGreeted.type };
    await pool.query('SELECT transport.retry($1, $2, 20, $3, $4, true)', [
      'bookings',
      JSON.stringify(letter),
      '0 ms',
      'cannot be taken',
    ]);
    await pool.end();
    const dead = await database.inspect<{ event: Envelope; error: string }>(
      'SELECT event, error FROM transport.dead_letters',
    );
    expect(dead).toMatchObject([{ event: letter, error: 'cannot be taken' }]);
  });
});
