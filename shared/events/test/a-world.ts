import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { connect, type Origin } from '@roundhouse/database';
import { openPool } from '@roundhouse/database/pool';
import {
  postgresTransport,
  publish,
  rabbitmqTransport,
  startConsumer,
  startRelay,
  type Topology,
  type Transport,
} from '../src/events.ts';
import { type DeadLetters, postgresDeadLetters, rabbitmqDeadLetters } from '../src/operator.ts';
import { ATTEMPTS } from '../src/rabbitmq-consumer.ts';
import { openConnection } from '../src/rabbitmq-link.ts';
import { QUEUES } from '../src/rabbitmq-topology.ts';
import type { Envelope } from '../src/schema.ts';
import { MAX_ATTEMPTS } from '../src/transport.ts';
import { ClientGreeted, keeps, READS } from './subscriber.ts';

/** A migrated, empty database of the test file's own. */
interface TestDatabase {
  url(role: string): string;
  inspect<R extends Record<string, unknown>>(sql: string, values?: unknown[]): Promise<R[]>;
  drop(): Promise<void>;
}

const origin: Origin = { actor_kind: 'system', actor_id: null, request_id: 'test', address: null };

/** What differs between the transports, for a test that speaks of neither. */
interface Wires {
  kind: 'postgres' | 'rabbitmq';
  url: string;
  open(): Transport;
  deadLetters(): Promise<DeadLetters>;
  /** Puts anything into the queue of bookings, as tried so often. */
  offer(content: string, attempts?: number): Promise<void>;
}

function postgresWires(database: TestDatabase): Wires {
  const url = database.url('transport');
  return {
    kind: 'postgres',
    url,
    open: () => postgresTransport(url),
    deadLetters: async () => postgresDeadLetters(url),
    offer: async (content, attempts = 0) => {
      const pool = openPool({ connectionString: url, max: 1 });
      await pool.query(
        `SELECT graphile_worker.add_job('events:bookings',
          json_build_object('events', json_build_array($1::json), 'attempt', $2::int))`,
        [content, attempts],
      );
      await pool.end();
    },
  };
}

function rabbitWires(url: string, topology: () => Promise<Topology>): Wires {
  return {
    kind: 'rabbitmq',
    url,
    open: () => rabbitmqTransport({ url, service: 'test', topology, onState: () => undefined }),
    deadLetters: () => rabbitmqDeadLetters(url, ['bookings']),
    offer: async (content, attempts = 0) => {
      const model = await openConnection(url, 'test');
      const channel = await model.createConfirmChannel();
      const headers = { [ATTEMPTS]: attempts };
      channel.publish(QUEUES, 'bookings.test', Buffer.from(content), { headers, persistent: true });
      await channel.waitForConfirms();
      await model.close();
    },
  };
}

interface Part {
  stop(): Promise<void>;
}

export interface World extends Wires {
  database: TestDatabase;
  transport: Transport;
  /** Announces a client of this name in a committed transaction; answers its id. */
  announces(tenant_id: string, name?: string): Promise<string>;
  /** The same in a transaction that is rolled back. */
  announcesAndFails(tenant_id: string): Promise<void>;
  announcesUnread(tenant_id: string): Promise<void>;
  kept(tenant_id: string): Promise<string[]>;
  unsent(): Promise<unknown[]>;
  relay(through?: Transport): Part;
  consumer(through?: Transport): Promise<Part>;
  /** A consumer that does what the test says. */
  listens(take: Parameters<Transport['consume']>[1]): Promise<Part>;
  /** Stops every relay and consumer that was started, also where a test has failed. */
  rest(): Promise<void>;
  /** A consumer in a thread of its own that dies as `behavior` says; resolves when it is dead. */
  dyingConsumer(behavior: string): Promise<void>;
  end(): Promise<void>;
}

export const anEvent = (tenant_id: string, name = 'Riverside'): Envelope => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/services/clients',
  type: ClientGreeted.type,
  subject: tenant_id,
  time: Temporal.Now.instant().toString(),
  tenantid: tenant_id,
  datacontenttype: 'application/json',
  data: { id: randomUUID(), name },
});

/** For an event that is tried for the last time. */
export const LAST_ATTEMPT = MAX_ATTEMPTS - 1;

function dying(workerData: Record<string, string>): [Worker, Promise<void>] {
  const thread = new Worker(new URL('./dying-consumer.ts', import.meta.url), { workerData });
  const death = new Promise<void>((resolve, reject) => {
    thread.once('error', reject);
    thread.once('exit', () => resolve());
  });
  return [thread, death];
}

/** Clients and bookings on a database; events go through it, or through the broker at `url`. */
export async function aWorld(
  database: TestDatabase,
  url?: string,
  topology = async () => READS,
): Promise<World> {
  await database.inspect('INSERT INTO transport.subscriptions (type, queue) VALUES ($1, $2)', [
    ClientGreeted.type,
    'bookings',
  ]);
  const wires = url === undefined ? postgresWires(database) : rabbitWires(url, topology);
  const open = (role: string, max: number) => connect({ url: database.url(role), max });
  const clients = open('clients_app', 2);
  const bookings = open('bookings_app', 2);
  const worker = open('clients_worker', 1);
  const transport = wires.open();

  const parts = new Set<Part>();
  const started = (part: Part): Part => {
    parts.add(part);
    return part;
  };

  const announce = (tenant_id: string, type: string, name: string, fails = false) => {
    const id = randomUUID();
    const work = clients.tenant(tenant_id, origin).transaction(async (tx) => {
      publish(tx, { ...ClientGreeted, type }, id, { id, name });
      if (fails) throw new Error('changed my mind');
      return id;
    });
    return work;
  };

  return {
    ...wires,
    database,
    transport,
    announces: (tenant_id, name = 'Riverside') => announce(tenant_id, ClientGreeted.type, name),
    announcesAndFails: (tenant_id) =>
      announce(tenant_id, ClientGreeted.type, 'Riverside', true).then(
        () => undefined,
        () => undefined,
      ),
    announcesUnread: async (tenant_id) => {
      await announce(tenant_id, 'clients.client.praised.v1', 'Riverside');
    },
    kept: async (tenant_id) =>
      (
        await database.inspect<{ id: string }>(
          'SELECT id FROM bookings.clients WHERE tenant_id = $1 ORDER BY id',
          [tenant_id],
        )
      ).map((row) => row.id),
    unsent: () => database.inspect('SELECT id FROM clients.outbox WHERE sent_at IS NULL'),
    relay: (through = transport) =>
      started(
        startRelay({ worker, transport: through, service: 'clients', onError: () => undefined }),
      ),
    consumer: async (through = transport) => {
      const of = { database: bookings, transport: through, queue: 'bookings' };
      const onFailure = () => undefined;
      return started(await startConsumer({ ...of, subscriptions: [keeps], onFailure }));
    },
    listens: async (take) => started(await transport.consume('bookings', take)),
    rest: async () => {
      const all = [...parts];
      parts.clear();
      await Promise.all(all.map((part) => part.stop()));
    },
    dyingConsumer: (behavior) => {
      const [thread, death] = dying({
        ...{ behavior, kind: wires.kind, url: wires.url, database: database.url('bookings_app') },
      });
      started({ stop: async () => void (await thread.terminate()) });
      return death;
    },
    end: async () => {
      const all = [clients, bookings, worker, transport];
      await Promise.all(all.map((one) => one.close()));
      await database.drop();
    },
  };
}
