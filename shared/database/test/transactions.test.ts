import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conflict } from '@roundhouse/errors';
import { freshDatabase, type TestDatabase } from '@roundhouse/testing';
import { connect, type Database, type Origin, sql, type Tenant } from '../src/database.ts';

// The schema of clients serves as the example: what is under test is the door, not the rooms.
let database: TestDatabase;
let app: Database;
beforeAll(async () => {
  database = await freshDatabase();
  app = connect({ url: database.url('clients_app'), max: 4 });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const origin: Origin = { actor_kind: 'system', actor_id: null, request_id: 'test', address: null };
const aTenant = (): Tenant => app.tenant(randomUUID(), origin);
const at = Temporal.Instant.from('2026-11-21T09:00:00Z');

const insertClient = ({ id }: Tenant, name: string) => sql`
  INSERT INTO clients (tenant_id, name, time_zone, created_at, updated_at)
  VALUES (${id}, ${name}, 'UTC', ${at}, ${at}) RETURNING id, name, version, created_at`;
const names = async (tenant: Tenant) =>
  (
    await tenant.read((tx) =>
      tx.query<{ name: string }>(sql`SELECT name FROM clients ORDER BY name`),
    )
  ).map(({ name }) => name);

describe('a transaction', () => {
  test('with a lock, a load, a write and its commit takes two round trips', async () => {
    const tenant = aTenant();
    await tenant.transaction(async (tx) => {
      await tx.query(sql`SELECT id FROM clients WHERE tenant_id = ${tenant.id} FOR UPDATE`);
      tx.queue(insertClient(tenant, 'Ann'));
    });
    expect(tenant.trips.count).toBe(2);
    expect(await names(tenant)).toEqual(['Ann']);
  });

  test('that asked nothing takes none', async () => {
    const tenant = aTenant();
    expect(await tenant.transaction(async () => 7)).toBe(7);
    expect(tenant.trips.count).toBe(0);
  });

  test('gives times, counters and texts as what they are', async () => {
    const tenant = aTenant();
    const [row] = await tenant.transaction((tx) => tx.query(insertClient(tenant, 'Zoë')));
    expect(row).toMatchObject({ name: 'Zoë', version: 1 });
    expect(String(row?.created_at)).toBe('2026-11-21T09:00:00Z');
  });

  test('that fails writes nothing, and calls nobody back', async () => {
    const tenant = aTenant();
    let called = false;
    const work = tenant.transaction(async (tx) => {
      tx.afterCommit(() => {
        called = true;
      });
      await tx.query(insertClient(tenant, 'Ann'));
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect([await names(tenant), called]).toEqual([[], false]);
  });

  test('answers a violated constraint with the refusal that its store has named', async () => {
    const tenant = aTenant();
    const bad = sql`INSERT INTO clients (tenant_id, name, phone, time_zone, created_at, updated_at)
      VALUES (${tenant.id}, 'Ann', 'no phone', 'UTC', ${at}, ${at})`;
    const refusals = { clients_phone_check: () => conflict('phone_bad', 'No phone.') };
    const queued = tenant.transaction(async (tx) => tx.queue(bad, refusals));
    await expect(queued).rejects.toMatchObject({ code: 'phone_bad' });
    const asked = tenant.transaction((tx) => tx.query(bad, refusals));
    await expect(asked).rejects.toMatchObject({ code: 'phone_bad' });
  });

  test('goes on with the same connection after an error in the middle of a batch', async () => {
    const one = connect({ url: database.url('clients_app'), max: 1 });
    const tenant = one.tenant(randomUUID(), origin);
    for (let round = 0; round < 3; round += 1) {
      const broken = tenant.transaction((tx) =>
        tx.queries([
          sql`SELECT 1 AS one`,
          sql`SELECT 1 / ${0}::int AS never`,
          sql`SELECT ${`skipped ${round}`}::text AS skipped`,
        ]),
      );
      await expect(broken).rejects.toThrow('division by zero');
      const rows = await tenant.read((tx) =>
        tx.queries([sql`SELECT 1 AS one`, sql`SELECT ${'not skipped'}::text AS skipped`]),
      );
      expect(rows).toEqual([[{ one: 1 }], [{ skipped: 'not skipped' }]]);
    }
    await one.close();
  });

  test('retries a deadlock’s victim, so that two that cross both end well', async () => {
    const tenant = aTenant();
    const [a, b] = await tenant.transaction(async (tx) => [
      (await tx.query<{ id: string }>(insertClient(tenant, 'A')))[0]?.id,
      (await tx.query<{ id: string }>(insertClient(tenant, 'B')))[0]?.id,
    ]);
    const meet = Promise.withResolvers<void>();
    let waiting = 0;
    const cross = async (first = '', second = '') => {
      const { transaction, trips } = app.tenant(tenant.id, origin);
      let tries = 0;
      await transaction(async (tx) => {
        tries += 1;
        const lock = (id: string) =>
          tx.query(sql`SELECT id FROM clients WHERE id = ${id} FOR UPDATE`);
        await lock(first);
        waiting += 1;
        if (waiting >= 2) meet.resolve();
        if (tries === 1) await meet.promise;
        await lock(second);
      });
      return { tries, trips: trips.count };
    };
    const ends = await Promise.all([cross(a, b), cross(b, a)]);
    expect(ends.map(({ tries }) => tries).toSorted()).toEqual([1, 2]);
    // What the victim asked in vain is not what the work costs.
    expect(ends.map(({ trips }) => trips)).toEqual([3, 3]);
  });

  test('refuses a counter that a number cannot hold', async () => {
    const asked = aTenant().read((tx) => tx.query(sql`SELECT 9007199254740993::bigint AS large`));
    await expect(asked).rejects.toThrow(RangeError);
  });
});

describe('the wall', () => {
  test('shows a tenant its own rows only, with or without a condition', async () => {
    const [ours, theirs] = [aTenant(), aTenant()];
    await ours.transaction(async (tx) => tx.queue(insertClient(ours, 'Ours')));
    await theirs.transaction(async (tx) => tx.queue(insertClient(theirs, 'Theirs')));
    expect([await names(ours), await names(theirs)]).toEqual([['Ours'], ['Theirs']]);
  });

  test('refuses a row for somebody else', async () => {
    const [ours, theirs] = [aTenant(), aTenant()];
    const slip = ours.transaction(async (tx) => tx.queue(insertClient(theirs, 'Slipped in')));
    await expect(slip).rejects.toThrow('row-level security');
  });

  test('stands also for the next user of the same connection', async () => {
    const one = connect({ url: database.url('clients_app'), max: 1 });
    const tenant = one.tenant(randomUUID(), origin);
    await tenant.transaction(async (tx) => tx.queue(insertClient(tenant, 'Mine')));
    expect(await one.lookup(sql`SELECT id FROM clients`)).toEqual([]);
    const other = one.tenant(randomUUID(), origin);
    expect(await other.read((tx) => tx.query(sql`SELECT id FROM clients`))).toEqual([]);
    await one.close();
  });

  test('lets a read change nothing', async () => {
    const tenant = aTenant();
    const write = tenant.read((tx) => tx.query(insertClient(tenant, 'Sneaky')));
    await expect(write).rejects.toThrow('read-only');
  });
});

describe('trouble', () => {
  test('with the server is told as an outage that one may try again', async () => {
    const nowhere = connect({ url: 'postgres://clients_app@127.0.0.1:1/none', max: 1 });
    const asked = nowhere.tenant(randomUUID(), origin).read((tx) => tx.query(sql`SELECT 1`));
    await expect(asked).rejects.toMatchObject({
      kind: 'unavailable',
      extras: { retry_after_seconds: 1 },
    });
    await nowhere.close();
  });

  test('is an outage too where the role may not log in', async () => {
    const locked = connect({ url: database.url('clients_nobody'), max: 1 });
    const asked = locked.tenant(randomUUID(), origin).read((tx) => tx.query(sql`SELECT 1`));
    await expect(asked).rejects.toMatchObject({ kind: 'unavailable' });
    await locked.close();
  });

  test('when all connections are lent: who waits is told so, and the next is served', async () => {
    const one = connect({ url: database.url('clients_app'), max: 1 });
    const tenant = one.tenant(randomUUID(), origin);
    const release = Promise.withResolvers<void>();
    const held = tenant.transaction(async (tx) => {
      await tx.query(sql`SELECT 1`);
      await release.promise;
    });
    const late = tenant.read((tx) => tx.query(sql`SELECT 1 AS one`));
    await expect(late).rejects.toMatchObject({ kind: 'unavailable' });
    release.resolve();
    await held;
    expect(await tenant.read((tx) => tx.query(sql`SELECT 1 AS one`))).toEqual([{ one: 1 }]);
    await one.close();
  });

  test('of a connection that was cut leaves the pool healthy', async () => {
    const tenant = aTenant();
    const cut = tenant.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
      await database.inspect('SELECT pg_terminate_backend($1)', [row?.pid]);
      await tx.query(sql`SELECT 1`);
    });
    await expect(cut).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await names(tenant)).toEqual([]);
  });

  test('of a transaction that was idle for too long is an outage too', async () => {
    const tenant = aTenant();
    const idle = tenant.transaction(async (tx) => {
      await tx.query(sql`SET LOCAL idle_in_transaction_session_timeout = '50ms'`);
      // The whole process stands still: what it reads next is why the server has given it up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      await tx.query(sql`SELECT 1`);
    });
    await expect(idle).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await names(tenant)).toEqual([]);
  });
});

test('a warmed pool has all its connections, and lends them', async () => {
  const cold = connect({ url: database.url('clients_app'), max: 3 });
  expect(cold.state()).toMatchObject({ size: 0 });
  await cold.warm();
  expect(cold.state()).toEqual({ max: 3, size: 3, idle: 3, waiting: 0 });
  await cold.close();
  const nowhere = connect({ url: 'postgres://nobody@127.0.0.1:1/nothing', max: 3 });
  await expect(nowhere.warm()).rejects.toThrow();
  await nowhere.close();
});
