import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, freshDatabase, skippedTest } from '@roundhouse/testing';
import { freePorts } from '../../../infra/launcher/ports.ts';
import { faultsOf } from '../../../infra/rabbitmq/definitions.ts';
import { type RabbitServer, rabbitMissing, rabbitServer } from '../../../infra/rabbitmq/server.ts';
import { rabbitmqTransport } from '../src/events.ts';
import { applyTopology } from '../src/operator.ts';
import { anEvent, aWorld, type World } from './a-world.ts';
import { ClientGreeted, READS } from './subscriber.ts';

/** On a machine that has much else to do. */
const PATIENCE_MS = 600_000;
const RECOVERY_MS = 120_000;

function withBroker(): void {
  const home = mkdtempSync(join(tmpdir(), 'roundhouse-rabbit-'));
  let broker: RabbitServer;
  let world: World;
  beforeAll(async () => {
    broker = rabbitServer({ home, port: await freePorts()() }) as RabbitServer;
    // The world is there before its broker is.
    world = await aWorld(await freshDatabase(), broker.url);
  }, PATIENCE_MS);
  afterEach(() => world.rest());
  afterAll(async () => {
    await world.end();
    await broker.kill();
    rmSync(home, { recursive: true, force: true });
  }, PATIENCE_MS);

  const keptAre = (tenant_id: string, ids: string[]) =>
    eventually(
      async () => expect(await world.kept(tenant_id)).toEqual(ids.toSorted()),
      RECOVERY_MS,
    );
  const isUp = async () => {
    await broker.start();
    await eventually(() => world.transport.publish([]), RECOVERY_MS);
  };

  test(
    'announced before there is a broker is sent as soon as there is one',
    async () => {
      const tenant_id = randomUUID();
      world.relay();
      await world.consumer();
      const id = await world.announces(tenant_id);
      await expect(world.transport.publish([anEvent(tenant_id)])).rejects.toThrow('away');
      await expect(world.transport.deadLetters('bookings')).rejects.toThrow('away');
      expect(await world.unsent()).toHaveLength(1);
      await broker.start();
      await keptAre(tenant_id, [id]);
    },
    PATIENCE_MS,
  );

  test('has a way on wherever it fails, as the broker itself tells', async () => {
    await isUp();
    const definitions = JSON.parse(await broker.control('export_definitions', '-'));
    expect(definitions.queues.length).toBeGreaterThan(2);
    expect(faultsOf(definitions)).toEqual([]);
  });

  test(
    'that reaches no queue stays unsent, and is sent when one is there again',
    async () => {
      const tenant_id = randomUUID();
      await isUp();
      // Nobody may declare anything, and the binding is gone.
      await broker.control('set_permissions', 'guest', '.*', '.*', '.*');
      const gone = { reads: READS.reads, unbound: READS.reads };
      await applyTopology(world.url, gone);
      await broker.control('set_permissions', 'guest', '^$', 'roundhouse.events', '^$');
      const refused = world.transport.publish([anEvent(tenant_id)]);
      await expect(refused).rejects.toThrow();
      const id = await world.announces(tenant_id);
      world.relay();
      expect(await world.unsent()).toHaveLength(1);
      await broker.control('set_permissions', 'guest', '.*', '.*', '.*');
      await world.consumer();
      await keptAre(tenant_id, [id]);
    },
    PATIENCE_MS,
  );

  test('of a type that is read no more does not come any more', async () => {
    const old = { type: 'clients.client.praised.v1', queue: 'bookings' };
    await applyTopology(world.url, { reads: [...READS.reads, old], unbound: [] });
    await applyTopology(world.url, { reads: READS.reads, unbound: [old] });
    const { bindings } = JSON.parse(await broker.control('export_definitions', '-'));
    const types = bindings
      .filter(({ source }: { source: string }) => source === 'roundhouse.events')
      .map(({ routing_key }: { routing_key: string }) => routing_key);
    expect(types).toEqual([ClientGreeted.type]);
  });

  test(
    'waits in the outbox while the broker takes nothing, and the relay does not wait with it',
    async () => {
      const tenant_id = randomUUID();
      await isUp();
      // More than any disk has: the broker blocks whoever publishes.
      await broker.control('set_disk_free_limit', '100000GB');
      await expect(world.transport.publish([anEvent(tenant_id)])).rejects.toThrow(
        /takes no|did not/,
      );
      const id = await world.announces(tenant_id);
      world.relay();
      await world.consumer();
      expect(await world.unsent()).toHaveLength(1);
      await broker.control('set_disk_free_limit', '50MB');
      await eventually(async () => expect(await world.unsent()).toEqual([]), RECOVERY_MS);
      await eventually(async () => expect(await world.kept(tenant_id)).toContain(id), RECOVERY_MS);
    },
    PATIENCE_MS,
  );

  test(
    'is not lost when the broker is frozen, killed and started again',
    async () => {
      const tenant_id = randomUUID();
      await isUp();
      world.relay();
      await world.consumer();
      const ids = [await world.announces(tenant_id)];
      broker.pause();
      ids.push(await world.announces(tenant_id));
      // Bounded, though nobody answers and no connection is closed.
      await expect(world.transport.publish([anEvent(randomUUID())])).rejects.toThrow();
      await broker.kill();
      ids.push(await world.announces(tenant_id));
      await broker.start();
      ids.push(await world.announces(tenant_id));
      await keptAre(tenant_id, ids);
      await eventually(async () => expect(await world.unsent()).toEqual([]), RECOVERY_MS);
    },
    PATIENCE_MS,
  );

  test(
    'is replayed from the outbox when the broker has lost its data, and counts once',
    async () => {
      const tenant_id = randomUUID();
      await isUp();
      world.relay();
      const lost = [await world.announces(tenant_id), await world.announces(tenant_id)];
      await eventually(async () => expect(await world.unsent()).toEqual([]), RECOVERY_MS);
      await broker.kill();
      broker.wipe();
      await broker.start();
      await world.consumer();
      const later = await world.announces(tenant_id);
      await keptAre(tenant_id, [later]);
      await world.database.inspect(`UPDATE clients.outbox SET sent_at = NULL`);
      await keptAre(tenant_id, [...lost, later]);
    },
    PATIENCE_MS,
  );

  test(
    'that kills its consumer is given up alone, and the forty-nine beside it take effect',
    async () => {
      const tenant_id = randomUUID();
      await isUp();
      const events = Array.from({ length: 50 }, (_, at) =>
        anEvent(tenant_id, at === 20 ? 'deadly' : 'Riverside'),
      );
      const deadly = events[20];
      await world.transport.publish(events);
      const given_up = async () => (await world.transport.deadLetters('bookings')) > 0;
      let deaths = 0;
      while (!(await given_up())) {
        await Promise.race([
          world.dyingConsumer('dies of the deadly'),
          eventually(async () => expect(await given_up()).toBe(true), PATIENCE_MS),
        ]);
        deaths += 1;
      }
      expect(deaths).toBeGreaterThan(20);
      await world.consumer();
      await eventually(async () => expect(await world.kept(tenant_id)).toHaveLength(49));
      const letters = await world.deadLetters();
      expect(await letters.drop({ all: 'bookings' })).toMatchObject([{ id: deadly?.id }]);
      await letters.close();
    },
    PATIENCE_MS,
  );

  test('finds no broker where the password is wrong, and says so once', async () => {
    const url = broker.url.replace('guest:guest', 'guest:wrong');
    const told: unknown[] = [];
    const transport = rabbitmqTransport({
      ...{ url, service: 'test', topology: async () => READS },
      onState: (state) => told.push(state),
    });
    await eventually(async () => expect(told).toHaveLength(1));
    await transport.close();
    expect(told).toMatchObject([{ is_up: false }]);
    expect(JSON.stringify(told)).not.toContain('wrong');
  });
}

if (rabbitMissing !== undefined) skippedTest('an event on a faulty RabbitMQ', rabbitMissing);
else describe('an event', withBroker);
