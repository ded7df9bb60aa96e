import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, connect, type Database, sql } from '@roundhouse/database';
import {
  type ConsumerOptions,
  type Subscription,
  startConsumer,
  startRelay,
} from '@roundhouse/events';
import { startTracing } from '@roundhouse/telemetry/tracing';
import type { Express } from 'express';
import { listOf } from './addresses.ts';
import type { Background } from './background.ts';
import { type ServiceConfig, serviceConfig } from './config.ts';
import { backgroundFailures, eventMeters, showEvents } from './event-meters.ts';
import { chooseTransport } from './event-transport.ts';
import { httpServer } from './http-server.ts';
import { createLogger, endOnBug, type Logger } from './log.ts';
import { createMetrics, sampleOutbox } from './metrics.ts';
import { startRetention } from './retention.ts';
import type { ServiceDependencies } from './service.ts';
import { type KeySource, remoteKeys, startKeyRefresh, tokenVerifier } from './token.ts';
import { type LoadedTrust, startTrust } from './trust.ts';

export { addresses } from './addresses.ts';
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
  background?: (parts: BackgroundParts) => Background[];
}

export interface BackgroundParts {
  database: Database;
  worker: Database;
  logger: Logger;
  /** What to do where a part of the background fails: it is logged and counted, and goes on. */
  failed: (part: BackgroundPart) => (error: unknown) => void;
}

type BackgroundPart = Parameters<typeof backgroundFailures.count>[0]['part'];

/** Of 8 for a process: 4 for requests and events, 1 for relay and sweeps, 3 for the transport. */
const APP_CONNECTIONS = 4;
const WORKER_CONNECTIONS = 1;
/** How long a process that can't work yet keeps its door shut. */
const OPEN_MS = 10_000;
const READY_AGAIN_MS = 20;
/** Beyond the drain, for requests that are being answered: as long as a statement may take. */
const LAST_ANSWERS_MS = 10_000;

/** Runs a service until SIGTERM or SIGINT, and then ends what it has begun. */
export async function runService(options: ServiceProcess): Promise<void> {
  const { service, config, subscriptions = [] } = options;
  const logger = createLogger(service, config.LOG_LEVEL, config.LOG_FILE);
  endOnBug(logger);
  const tracing = await startTracing(config, tracedService(service, config, logger));
  const metrics = createMetrics({ service, revision: config.BUILD_REVISION });
  const open = (pool: string, url: string, max: number) => {
    const database = connect({ url, max, onLent: metrics.lent(pool) });
    metrics.watchPool(pool, database.state);
    return database;
  };
  const database = open('app', config.DATABASE_URL, APP_CONNECTIONS);
  const worker = open('worker', config.DATABASE_WORKER_URL, WORKER_CONNECTIONS);
  const transport = chooseTransport({ service, config, worker, logger });
  metrics.watchEvents(async () => {
    const [outbox, dead] = await Promise.all([
      sampleOutbox(worker),
      // A broker that is away takes nothing else from what can be told.
      transport.deadLetters(service).catch(() => NaN),
    ]);
    return { ...outbox, dead };
  });

  const failed = failures(logger);
  const { onSent } = eventMeters;
  const relay = startRelay({ worker, transport, service, onError: failed('relay'), onSent });
  const keys = options.keys ?? keysFrom(config.AUTH_URL);
  const verify = tokenVerifier(keys);
  const trust = startTrust(worker, failed('trust'));
  const background: Background[] = [
    trust,
    startKeyRefresh(verify, failed('keys')),
    startRetention(worker, failed('retention')),
    ...(options.background?.({ database, worker, logger, failed }) ?? []),
  ];
  if (subscriptions.length > 0) {
    const { onBatch } = eventMeters;
    const told = { onFailure: putBack(logger), onTaken: taken(logger), onBatch };
    showEvents(subscriptions.map(({ event }) => event.type));
    background.push(
      await startConsumer({ database, transport, queue: service, subscriptions, ...told }),
    );
  }

  const app = options.createApp({ database, verify, trust, logger });
  const ready = () => isReady(trust, database, worker);
  const { server, drain } = httpServer({
    app,
    ready,
    metrics,
    drain_ms: config.DRAIN_MS,
  });
  await untilReady(() => Promise.all([ready(), database.warm()]));
  server.listen(config.PORT, config.HOST, () => {
    const { port } = server.address() as AddressInfo;
    logger.info('listening', { event: 'listening', port });
  });

  /** No new work of any kind; then what has begun ends, and what that needs goes last. */
  const stop = async () => {
    setTimeout(() => {
      logger.error('cut', { event: 'stop_took_too_long' });
      process.exit(1);
    }, config.DRAIN_MS + LAST_ANSWERS_MS).unref();
    await Promise.all([drain(), ...background.map((part) => part.stop())]);
    // The last answers have announced something yet: another process' relay would find it by its
    // poll, but only if there is one.
    await relay.stop();
    await Promise.all([database.close(), worker.close(), transport.close(), tracing.stop()]);
    logger.info('stopped', { event: 'stopped' });
    process.exit(0);
  };
  onSignals(logger, stop);
}

const tracedService = (service: string, config: ServiceConfig, logger: Logger) => ({
  service,
  revision: config.BUILD_REVISION,
  onLost: (spans: number, cause: Error | undefined) =>
    logger.warn('traces', { event: 'traces_lost', spans, cause }),
});

const taken =
  (logger: Logger): NonNullable<ConsumerOptions['onTaken']> =>
  (events) => {
    eventMeters.onTaken(events);
    for (const { id: request_id, tenantid: tenant_id, type, traceparent } of events) {
      const trace_id = traceparent?.split('-')[1];
      logger.info('event', { event: 'event_taken', request_id, tenant_id, type, trace_id });
    }
  };

const putBack =
  (logger: Logger): ConsumerOptions['onFailure'] =>
  ({ event: { id, type, tenantid: tenant_id }, error }) => {
    eventMeters.onPutBack(type);
    logger.warn('event', {
      event: 'event_put_back',
      request_id: id,
      tenant_id,
      type,
      cause: error,
    });
  };

const failures =
  (logger: Logger): BackgroundParts['failed'] =>
  (part) =>
  (error) => {
    backgroundFailures.count({ part });
    logger.warn('background', { event: 'background_failed', part, cause: error });
  };

/**
 * The gateway sends as soon as somebody listens, so nobody does before he can work. After a while
 * we open all the same: without a database we still live, and say that we are not ready.
 */
async function untilReady(ready: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + OPEN_MS;
  const isReadyNow = () =>
    ready().then(
      () => true,
      () => false,
    );
  while (!(await isReadyNow()) && performance.now() < deadline) await pause(READY_AGAIN_MS);
}

/** From whichever process of auth answers first. */
function keysFrom(auth: string): KeySource {
  const sources = listOf(auth).map((base) =>
    remoteKeys(new URL('/.well-known/jwks.json', base).href),
  );
  return () => Promise.any(sources.map((source) => source()));
}

/** The first signal stops, and a second one cuts: whoever sends it will not wait. */
function onSignals(logger: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      logger.info('signal', { event: stopping ? 'cut' : 'stopping', signal });
      if (stopping) process.exit(1);
      stopping = true;
      stop().catch((error: unknown) => {
        logger.error('stop', { event: 'stop_failed', cause: error });
        process.exit(1);
      });
    });
  }
}

/** A database that others keep busy answers all the same: to take us out would not relieve it. */
async function isReady(trust: LoadedTrust, ...databases: Database[]): Promise<void> {
  if (!trust.isLoaded()) throw new Error('Who may come in is not known yet.');
  const asked = databases.map((database) =>
    database.lookup(sql`SELECT 1`).catch((error: unknown) => {
      if (codeOf(error) !== 'busy') throw error;
    }),
  );
  await Promise.all(asked);
}
