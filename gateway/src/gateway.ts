import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, BlockList } from 'node:net';
import type { Logger } from '@roundhouse/service/log';
import { createAdmin } from './admin.ts';
import { type Entities, showEntities } from './admin-entities.ts';
import { ClientTraffic } from './client-traffic.ts';
import { readConfiguration } from './configuration.ts';
import { CountStore } from './limit-windows.ts';
import { Metrics } from './metrics.ts';
import { PATIENCE, type Patience } from './patience.ts';
import { PRIORITIES, settle } from './plugins.ts';
import { RedisConnections } from './redis-connection.ts';
import { RequestHandler } from './request-handler.ts';

export type Gateway = {
  /** Port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ port: number }>;
  /** The admin API and the metrics, on loopback alone. */
  listenAdmin(port: number): Promise<{ port: number }>;
  /**
   * Goes by another kong.yml from now on; throws a `ConfigurationError` and keeps the one before
   * where it is wrong.
   */
  reload(config: string): void;
  /** Takes no new connection, lets what runs come to its end, and cuts what has not after 10 s. */
  close(): Promise<void>;
};

export type GatewayOptions = {
  /** The text of a kong.yml. */
  config: string;
  /** Where a service's `host:port` is really found; what is not named here is resolved by DNS. */
  upstreams: ReadonlyMap<string, readonly string[]>;
  /** Proxies whose word on the client's address is taken; none unless said. */
  trusted?: BlockList | undefined;
  logger: Logger;
  /** Milliseconds since the epoch; other than the machine's in tests of windows and tokens. */
  clock?: () => number;
  /** Shorter in tests only. */
  patience?: Partial<Patience>;
};

/** nginx holds a request's head in one buffer of 1 KiB and four of 8. */
const HEAD_BYTES = 33 * 1024;

const LOOPBACK = '127.0.0.1';

const SERVER_OPTIONS = {
  maxHeaderSize: HEAD_BYTES,
  // Our own refusal carries the headers that every answer of Kong has.
  requireHostHeader: false,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
};

async function drain(server: Server, drain_ms: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drain_ms);
  await closed;
  clearTimeout(cut);
}

function listen(server: Server, port: number, host: string): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({ port: (server.address() as AddressInfo).port });
    });
  });
}

/** A configuration with what the admin API tells of it. */
function load(text: string) {
  const configuration = readConfiguration(text);
  const loadedAt = Date.now();
  let entities: Entities | undefined;
  return {
    configuration,
    hash: createHash('md5').update(text).digest('hex'),
    entities: (): Entities => {
      entities ??= showEntities(configuration, loadedAt);
      return entities;
    },
  };
}

/** Throws a `ConfigurationError` for a kong.yml that asks for anything that is not implemented. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, upstreams, logger, clock = Date.now } = options;
  const patience = { ...PATIENCE, ...options.patience };
  const clients = new ClientTraffic((socket) => handler.isBusy(socket));
  const metrics = new Metrics(() => clients.traffic());
  const connections = new RedisConnections(logger);
  const kept = { counts: new CountStore(), metrics, connections };
  let loaded = load(config);
  const handler = new RequestHandler(loaded.configuration, {
    upstreams,
    logger,
    trusted: options.trusted,
    clock,
    patience,
    kept,
  });
  settle(kept, loaded.configuration);
  const handle: RequestListener = (request, response) => {
    clients.requests++;
    handler.handle(request, response);
  };
  // Bodies have a time of their own, by their length: `limitBodyTime`.
  const slowness = { headersTimeout: patience.head_ms, requestTimeout: 0 };
  const server = createServer({ ...SERVER_OPTIONS, ...slowness }, handle);
  // Beyond Node's own count headers would vanish in silence; their bytes are limited anyway.
  server.maxHeadersCount = 0;
  server.on('connection', (socket) => clients.add(socket));
  server.on('checkExpectation', handle);
  server.on('checkContinue', (request, response) => {
    // Like nginx, before anything is decided: a refusal follows it.
    response.writeContinue();
    handle(request, response);
  });
  server.on('connect', (_request, socket) => handler.refuseConnection(socket, 400));
  server.on('clientError', (error, socket) => handler.refuseBroken(error, socket));
  const admin = createAdmin({
    entities: () => loaded.entities(),
    configurationHash: () => loaded.hash,
    traffic: () => clients.traffic(),
    metrics,
    priorities: PRIORITIES,
  });
  return {
    listen(port, host) {
      return listen(server, port, host);
    },
    listenAdmin(port) {
      return listen(admin, port, LOOPBACK);
    },
    reload(text) {
      const next = load(text);
      handler.load(next.configuration);
      settle(kept, next.configuration);
      loaded = next;
    },
    async close() {
      handler.close();
      admin.close();
      admin.closeAllConnections();
      await drain(server, patience.drain_ms);
      connections.retain([]);
    },
  };
}
