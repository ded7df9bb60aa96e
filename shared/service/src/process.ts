import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Database, sql } from '@roundhouse/database';
import {
  postgresTransport,
  type Subscription,
  startConsumer,
  startRelay,
} from '@roundhouse/events';
import type { Express } from 'express';
import type { Background } from './background.ts';
import { type ServiceConfig, serviceConfig } from './config.ts';
import { createLogger, type Logger } from './log.ts';
import { startRetention } from './retention.ts';
import type { ServiceDependencies } from './service.ts';
import { type KeySource, remoteKeys, tokenVerifier } from './token.ts';

export { readConfig } from './config.ts';
export { type ServiceConfig, serviceConfig };

export interface ServiceProcess {
  service: string;
  config: ServiceConfig;
  subscriptions?: Subscription[];
  createApp: (dependencies: ServiceDependencies) => Express;
  /** Where the public keys come from, when not from auth over HTTP. */
  keys?: KeySource;
  /** Sweeps and other work of this service. */
  background?: (parts: { database: Database; worker: Database; logger: Logger }) => Background[];
}

/** Of 8 for a process: 4 for requests and events, 1 for relay and sweeps, 3 for the transport. */
const APP_CONNECTIONS = 4;
const WORKER_CONNECTIONS = 1;
/** Longer than the gateway keeps an idle one, so that it never meets one that we just closed. */
const KEEP_ALIVE_MS = 65_000;
const DRAIN_MS = 10_000;

/** Runs a service until SIGTERM or SIGINT, and then ends what it has begun. */
export async function runService(options: ServiceProcess): Promise<void> {
  const { service, config, subscriptions = [] } = options;
  const logger = createLogger(service, config.LOG_LEVEL);
  const database = connect({ url: config.DATABASE_URL, max: APP_CONNECTIONS });
  const worker = connect({ url: config.DATABASE_WORKER_URL, max: WORKER_CONNECTIONS });
  const transport = postgresTransport(config.TRANSPORT_DATABASE_URL);
  logger.info('transport', { event: 'transport_chosen', transport: 'postgres' });

  const onError = (error: unknown) =>
    logger.warn('background', { event: 'background_failed', cause: error });
  const background: Background[] = [
    startRelay({ worker, transport, service, onError }),
    startRetention(worker, onError),
    ...(options.background?.({ database, worker, logger }) ?? []),
  ];
  if (subscriptions.length > 0) {
    const onFailure = ({ event, error }: { event: { id: string; type: string }; error: unknown }) =>
      logger.warn('event', {
        event: 'event_put_back',
        id: event.id,
        type: event.type,
        cause: error,
      });
    background.push(
      await startConsumer({ database, transport, queue: service, subscriptions, onFailure }),
    );
  }

  const keys = options.keys ?? remoteKeys(new URL('/.well-known/jwks.json', config.AUTH_URL).href);
  const app = options.createApp({ database, verify: tokenVerifier(keys), logger });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000 });
  let stopping = false;
  server.on('request', (request, response) => {
    // The gateway says that it forwards; how ready a process is, is nothing for outside.
    const forwarded = request.headers['x-forwarded-host'] !== undefined;
    if (request.url !== '/health/ready' || forwarded) return app(request, response);
    const ready = stopping ? Promise.reject(new Error('stopping')) : isReady(database, worker);
    void ready.then(
      () => response.end('{"status":"ready"}'),
      () => response.writeHead(503).end('{"status":"not ready"}'),
    );
  });
  server.listen(config.PORT, config.HOST, () => {
    const { port } = server.address() as AddressInfo;
    logger.info('listening', { event: 'listening', port });
  });

  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info('stopping', { event: 'stopping', signal });
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await closed;
    for (const part of background) await part.stop();
    await Promise.all([database.close(), worker.close(), transport.close()]);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));
}

const isReady = (database: Database, worker: Database) =>
  Promise.all([database.lookup(sql`SELECT 1`), worker.lookup(sql`SELECT 1`)]);
