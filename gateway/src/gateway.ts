import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@roundhouse/service/log';
import { readConfiguration } from './configuration.ts';
import { RequestHandler } from './request-handler.ts';

export type Gateway = {
  /** Port 0 takes a free one. */
  listen(port: number, host: string): Promise<{ port: number }>;
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
  logger: Logger;
  /** Milliseconds since the epoch; other than the machine's in tests of windows and tokens. */
  clock?: () => number;
  /** How long a client may take for a head and for a whole request; shorter in tests only. */
  patience?: { head_ms: number; request_ms: number };
};

/** nginx holds a request's head in one buffer of 1 KiB and four of 8. */
const HEAD_BYTES = 33 * 1024;
const DRAIN_MS = 10_000;
const PATIENCE = { head_ms: 10_000, request_ms: 30_000 };

const SERVER_OPTIONS = {
  maxHeaderSize: HEAD_BYTES,
  // Our own refusal carries the headers that every answer of Kong has.
  requireHostHeader: false,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 75_000,
};

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
}

/** Throws a `ConfigurationError` for a kong.yml that asks for anything that is not implemented. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, upstreams, logger, clock = Date.now, patience = PATIENCE } = options;
  const handler = new RequestHandler(readConfiguration(config), { upstreams, logger, clock });
  const handle = handler.handle.bind(handler);
  const slowness = { headersTimeout: patience.head_ms, requestTimeout: patience.request_ms };
  const server = createServer({ ...SERVER_OPTIONS, ...slowness }, handle);
  // Beyond Node's own count headers would vanish in silence; their bytes are limited anyway.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', handle);
  server.on('checkContinue', (request, response) => {
    // Like nginx, before anything is decided: a refusal follows it.
    response.writeContinue();
    handle(request, response);
  });
  server.on('connect', (_request, socket) => handler.refuseConnection(socket, 400));
  server.on('clientError', (error, socket) => handler.refuseBroken(error, socket));
  return {
    listen(port, host) {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve({ port: (server.address() as AddressInfo).port });
        });
      });
    },
    reload(text) {
      handler.load(readConfiguration(text));
    },
    async close() {
      handler.close();
      await drain(server);
    },
  };
}
