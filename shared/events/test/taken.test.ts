import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, type Database } from '@roundhouse/database';
import { freshDatabase, type TestDatabase } from '@roundhouse/testing';
import { takeTogether } from '../src/events.ts';
import { anEvent } from './a-world.ts';
import { keeps } from './subscriber.ts';

let fresh: TestDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url('bookings_app'), max: 1 });
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

/** A consumer, and the events of which it has told that they took effect. */
function aConsumer() {
  const told: string[] = [];
  const takes = (...events: ReturnType<typeof anEvent>[]) => {
    const of = { database, transport: undefined as never, queue: 'bookings' };
    const onTaken = (taken: { id: string }[]) => void told.push(...taken.map(({ id }) => id));
    const onFailure = () => undefined;
    return takeTogether({ ...of, subscriptions: [keeps], onFailure, onTaken }, events);
  };
  return { told, takes };
}

test('an event that comes twice is told of once', async () => {
  const { told, takes } = aConsumer();
  const [first, second] = [anEvent(randomUUID()), anEvent(randomUUID())];
  await takes(first);
  await takes(first, second);
  expect(told).toEqual([first.id, second.id]);
});

test('of what is rolled back nothing is told', async () => {
  const { told, takes } = aConsumer();
  const tenant_id = randomUUID();
  await expect(takes(anEvent(tenant_id), anEvent(tenant_id, 'early'))).rejects.toThrow('too early');
  expect(told).toEqual([]);
});
