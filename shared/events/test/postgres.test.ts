import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually, freshDatabase } from '@roundhouse/testing';
import { type LinkState, postgresTransport } from '../src/events.ts';
import { anEvent, aWorld, type World } from './a-world.ts';

jest.setTimeout(60_000);
const SOON_MS = 30_000;

let world: World;
beforeAll(async () => {
  world = await aWorld(await freshDatabase());
});
afterEach(() => world.rest());
afterAll(() => world.end());

/** Lets the transport's role into the database, or puts it out; the services' own stay. */
async function transportMayConnect(may: boolean): Promise<void> {
  const [{ name } = { name: '' }] = await world.database.inspect<{ name: string }>(
    'SELECT quote_ident(current_database()) AS name',
  );
  const verb = may ? 'GRANT CONNECT ON DATABASE' : 'REVOKE CONNECT ON DATABASE';
  const others = 'clients_app, clients_worker, bookings_app';
  await world.database.inspect(`GRANT CONNECT ON DATABASE ${name} TO ${others}`);
  await world.database.inspect(`${verb} ${name} ${may ? 'TO' : 'FROM'} PUBLIC, transport`);
  if (may) return;
  await world.database.inspect(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = 'transport' AND datname = current_database()`);
}

const keptAre = (tenant_id: string, ids: string[]) =>
  eventually(async () => expect(await world.kept(tenant_id)).toEqual(ids), SOON_MS);

test('a consumer starts without its database, and then takes what has come', async () => {
  const states: boolean[] = [];
  const transport = postgresTransport(world.url, (state: LinkState) => states.push(state.is_up));
  try {
    await transportMayConnect(false);
    await world.consumer(transport);
    await eventually(async () => expect(states).toEqual([false]));
    await transportMayConnect(true);
    const tenant_id = randomUUID();
    const id = await world.announces(tenant_id);
    world.relay();
    await keptAre(tenant_id, [id]);
    expect(states).toEqual([false, true]);
  } finally {
    await world.rest();
    await transport.close();
  }
});

test('a database that goes before what was done is marked ends nobody', async () => {
  const heard: unknown[] = [];
  let lost = async () => transportMayConnect(false);
  await world.listens(async (events) => {
    heard.push(...events.map(({ id }) => id));
    await lost();
    lost = async () => undefined;
    return [];
  });
  const event = anEvent(randomUUID());
  await world.transport.publish([event]);
  await eventually(async () => expect(heard).toEqual([event.id]), SOON_MS);
  await transportMayConnect(true);
  // Nobody knows that it was taken: it comes again, which is what the inbox is for.
  await eventually(async () => expect(heard).toEqual([event.id, event.id]), SOON_MS);
  const next = anEvent(randomUUID());
  await eventually(() => world.transport.publish([next]));
  await eventually(async () => expect(heard).toContain(next.id), SOON_MS);
});
