import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually, freshDatabase, skippedTest, testBroker } from '@roundhouse/testing';
import { freePorts } from '../../../infra/launcher/ports.ts';
import { rabbitMissing, rabbitServer } from '../../../infra/rabbitmq/server.ts';
import type { Transport } from '../src/transport.ts';
import { anEvent, aWorld, LAST_ATTEMPT, type World } from './a-world.ts';

const PATIENCE_MS = 120_000;

/** On a machine that has much else to do. */
jest.setTimeout(PATIENCE_MS);
const SOON_MS = 40_000;

/** What both transports promise, said once. */
function promises(open: () => Promise<World>): void {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterEach(() => world.rest());
  afterAll(() => world.end());

  const work = async (through?: Transport) => {
    world.relay(through);
    await world.consumer();
  };
  const keptAre = (tenant_id: string, ids: string[]) =>
    eventually(async () => expect(await world.kept(tenant_id)).toEqual(ids.toSorted()), SOON_MS);
  const lettersOf = async (tenant_id: string) => {
    const letters = await world.deadLetters();
    const found = await letters.list('bookings').finally(() => letters.close());
    return found.filter((letter) => letter.tenant_id === tenant_id);
  };

  test('of a transaction that was rolled back is never heard', async () => {
    await world.announcesAndFails(randomUUID());
    expect(await world.unsent()).toEqual([]);
  });

  test('arrives, and takes effect once for each of a hundred', async () => {
    await work();
    const tenant_id = randomUUID();
    const ids: string[] = [];
    for (let told = 0; told < 100; told += 1) ids.push(await world.announces(tenant_id));
    await keptAre(tenant_id, ids);
    await eventually(async () => expect(await world.unsent()).toEqual([]));
  });

  test('that a crash has left in the outbox is sent by the next relay', async () => {
    const tenant_id = randomUUID();
    const id = await world.announces(tenant_id);
    await work();
    await keptAre(tenant_id, [id]);
  });

  test('that was sent but not marked before a crash is sent again, and counts once', async () => {
    const tenant_id = randomUUID();
    let published = 0;
    // Dies between the transport's word and the mark, three times.
    const dying: Transport = {
      ...world.transport,
      publish: async (events) => {
        await world.transport.publish(events);
        published += 1;
        if (published <= 3) throw new Error('killed');
      },
    };
    await work(dying);
    const id = await world.announces(tenant_id);
    await keptAre(tenant_id, [id]);
    await eventually(async () => expect(await world.unsent()).toEqual([]));
    expect(published).toBeGreaterThan(3);
    const inbox = await world.database.inspect(
      'SELECT event_id FROM bookings.inbox WHERE tenant_id = $1',
      [tenant_id],
    );
    expect(inbox).toHaveLength(1);
  });

  test('that nobody reads is sent and gone', async () => {
    world.relay();
    await world.announcesUnread(randomUUID());
    await eventually(async () => expect(await world.unsent()).toEqual([]));
  });

  test('counts once when it is published three times, in any order', async () => {
    const tenant_id = randomUUID();
    const events = Array.from({ length: 20 }, () => anEvent(tenant_id));
    const thrice = [...events, ...events.toReversed(), ...events];
    await world.consumer();
    await eventually(() => world.transport.publish(thrice));
    const ids = events.map(({ data }) => (data as { id: string }).id);
    await keptAre(tenant_id, ids);
  });

  test('that its consumer did not live to answer for comes again, and counts once', async () => {
    const tenant_id = randomUUID();
    const event = anEvent(tenant_id);
    await world.offer(JSON.stringify(event));
    // What earlier tests have left in the queue may cost a life, too.
    let has_effect = false;
    while (!has_effect) {
      await world.dyingConsumer('dies after the effect');
      has_effect = (await world.kept(tenant_id)).length === 1;
    }
    const taken: string[] = [];
    await world.listens(async (events) => {
      taken.push(...events.map((one) => one.id));
      return [];
    });
    await eventually(async () => expect(taken).toContain(event.id), SOON_MS);
  });

  test('that came before its predecessor waits, and does not hold up the others', async () => {
    const tenant_id = randomUUID();
    const early = await world.announces(tenant_id, 'early');
    const other = await world.announces(tenant_id);
    await work();
    await keptAre(tenant_id, [other]);
    const predecessor = await world.announces(tenant_id, 'predecessor');
    await keptAre(tenant_id, [early, other, predecessor]);
  });

  test('that fails to the last is a dead letter, which an operator replays', async () => {
    const tenant_id = randomUUID();
    const event = anEvent(tenant_id, 'early');
    await world.consumer();
    await world.offer(JSON.stringify(event), LAST_ATTEMPT);
    const [letter] = await eventually(async () => {
      const letters = await lettersOf(tenant_id);
      expect(letters).toHaveLength(1);
      return letters;
    }, SOON_MS);
    expect(letter).toMatchObject({
      ...{ id: event.id, queue: 'bookings', type: event.type, attempts: LAST_ATTEMPT + 1 },
      ...{ error: 'too early', event },
    });
    expect(Date.parse(letter?.failed_at ?? '')).not.toBeNaN();
    await eventually(async () => expect(await world.transport.deadLetters('bookings')).toBe(1));

    await world.database.inspect(
      `INSERT INTO bookings.clients (tenant_id, id, version, name, status)
        VALUES ($1, $2, 1, 'predecessor', 'active')`,
      [tenant_id, randomUUID()],
    );
    const letters = await world.deadLetters();
    expect(await letters.replay({ id: randomUUID() })).toEqual([]);
    expect(await letters.replay({ id: event.id })).toMatchObject([{ id: event.id }]);
    await letters.close();
    await eventually(async () => expect(await world.kept(tenant_id)).toHaveLength(2));
    expect(await lettersOf(tenant_id)).toEqual([]);
  });

  test('that is none, among a thousand, is set aside at once, and dropped', async () => {
    const tenant_id = randomUUID();
    await world.consumer();
    const events = Array.from({ length: 999 }, () => anEvent(tenant_id));
    await world.transport.publish(events.slice(0, 500));
    await world.offer(JSON.stringify({ tenantid: tenant_id, type: 'no event' }));
    await world.transport.publish(events.slice(500));
    await eventually(async () => expect(await world.kept(tenant_id)).toHaveLength(999), SOON_MS);
    const [letter, ...others] = await eventually(async () => {
      const found = await lettersOf(tenant_id);
      expect(found).not.toEqual([]);
      return found;
    });
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ type: 'no event', attempts: 1 });
    const letters = await world.deadLetters();
    expect(await letters.drop({ id: String(letter?.id), queue: 'clients' })).toEqual([]);
    expect(await letters.drop({ all: 'bookings' })).toMatchObject([{ type: 'no event' }]);
    await letters.close();
    expect(await lettersOf(tenant_id)).toEqual([]);
  });

  test('is not lost when its consumer is stopped and another one comes', async () => {
    const tenant_id = randomUUID();
    const events = Array.from({ length: 300 }, () => anEvent(tenant_id));
    await world.transport.publish(events);
    for (const _ of [1, 2, 3]) {
      await world.consumer();
      await world.rest();
    }
    await world.consumer();
    await eventually(async () => expect(await world.kept(tenant_id)).toHaveLength(300), SOON_MS);
  });
}

async function onRabbitMq(url: string | undefined): Promise<World> {
  const world = await aWorld(await freshDatabase(), url);
  // The first connection is made in the background.
  await eventually(() => world.transport.publish([]));
  return world;
}

describe('an event on Postgres', () => promises(async () => aWorld(await freshDatabase())));

if (testBroker !== undefined) {
  describe('an event on the RabbitMQ of a container', () =>
    promises(async () => onRabbitMq(testBroker)));
} else if (rabbitMissing !== undefined) skippedTest('an event on RabbitMQ', rabbitMissing);
else {
  describe('an event on RabbitMQ', () => {
    const home = mkdtempSync(join(tmpdir(), 'roundhouse-rabbit-'));
    let end = async () => {};
    promises(async () => {
      const broker = rabbitServer({ home, port: await freePorts()() });
      end = async () => broker?.kill();
      await broker?.start();
      return onRabbitMq(broker?.url);
    });
    afterAll(async () => {
      await end();
      rmSync(home, { recursive: true, force: true });
    });
  });
}
