import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Database } from '@roundhouse/database';
import { type Subscription, takeTogether } from '@roundhouse/events';
import type { EventType } from '@roundhouse/events/schema';
import type { ServiceDependencies } from '@roundhouse/service';
import type { Contract, Role } from '@roundhouse/service/contract';
import { createLogger } from '@roundhouse/service/log';
import { tokenVerifier } from '@roundhouse/service/token';
import { startTrust } from '@roundhouse/service/trust';
import type { Express } from 'express';
import type { z } from 'zod';
import { type Actor, anActor } from './actor.ts';
import { freshDatabase, type TestDatabase } from './test-database.ts';
import { accessToken, publicKeys } from './test-tokens.ts';

export interface ServeOptions<C extends Contract> {
  contract: C;
  createApp: (dependencies: ServiceDependencies) => Express;
  subscriptions?: Subscription[];
  /** A database that other services of the test use too. */
  database?: TestDatabase;
  now?: () => Temporal.Instant;
}

/** An event as it lies in the outbox. */
export interface Post {
  id: string;
  type: string;
  subject: string;
  data: Record<string, unknown>;
}

export interface ServedService<C extends Contract> {
  base_url: string;
  database: TestDatabase;
  /** The service's own connection, for tests of its stores. */
  app: Database;
  /** A colleague of a tenant of its own, or of the one named. */
  actor(roles: Role[], tenant_id?: string): Actor<C>;
  stranger(): Actor<C>;
  /** Lets the service hear of an event; the same `id` twice is the same event twice. */
  hears<Data extends z.ZodType>(
    event: EventType<Data>,
    of: { tenant_id: string; data: z.input<Data>; id?: string },
  ): Promise<string>;
  /** What the service has announced to this tenant's world. */
  announced(tenant_id: string, type?: string): Promise<Post[]>;
  stop(): Promise<void>;
}

const CONNECTIONS = 8;

/** Runs a service in this process, on a database and a port of its own. */
export async function serve<C extends Contract>(
  options: ServeOptions<C>,
): Promise<ServedService<C>> {
  const { contract, createApp, subscriptions = [], now } = options;
  const { service } = contract;
  const database = options.database ?? (await freshDatabase());
  const app = connect({ url: database.url(`${service}_app`), max: CONNECTIONS }, now);
  // In a cold pool the first of many callers is done before the others have connected, and a race
  // that is never run proves nothing.
  await app.warm();
  // Errors only: what a test provokes on purpose is not worth a line.
  const logger = createLogger(service, 'error');
  const worker = connect({ url: database.url(`${service}_worker`), max: 1 });
  const trust = startTrust(worker, (error) =>
    logger.error('trust', { event: 'trust_failed', cause: error }),
  );
  await trust.load();
  const verify = tokenVerifier(publicKeys);
  const server = createServer(createApp({ database: app, verify, trust, logger, strict: true }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    base_url,
    database,
    app,
    actor: (roles, tenant_id = randomUUID()) =>
      anActor(contract, { base_url, tenant_id, token: accessToken({ tenant_id, roles }) }),
    stranger: () => anActor(contract, { base_url, tenant_id: randomUUID(), token: undefined }),
    hears: async (event, { tenant_id, data, id = randomUUID() }) => {
      if (!subscriptions.some((known) => known.event.type === event.type)) {
        throw new Error(`${service} does not listen to ${event.type}.`);
      }
      const queue = service;
      const transport = undefined as never;
      const consumer = {
        database: app,
        transport,
        queue,
        subscriptions,
        onFailure: () => undefined,
      };
      await takeTogether(consumer, [
        {
          specversion: '1.0',
          id,
          source: '/services/test',
          type: event.type,
          subject: String((data as { id?: unknown }).id ?? tenant_id),
          time: Temporal.Now.instant().toString(),
          tenantid: tenant_id,
          datacontenttype: 'application/json',
          data,
        },
      ]);
      // What the event has told is known at once, and not a moment later.
      await trust.load();
      return id;
    },
    announced: (tenant_id, type = '%') =>
      database.inspect<Post & Record<string, unknown>>(
        `SELECT id, type, subject, data FROM ${service}.outbox
           WHERE tenant_id = $1 AND type LIKE $2 ORDER BY id`,
        [tenant_id, type],
      ),
    stop: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await trust.stop();
      await Promise.all([app.close(), worker.close()]);
      if (options.database === undefined) await database.drop();
    },
  };
}
