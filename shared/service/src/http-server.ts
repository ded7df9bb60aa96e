import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Metrics } from './metrics.ts';

/** Longer than the gateway keeps an idle one, so that it never meets one that we just closed. */
const KEEP_ALIVE_MS = 65_000;
const REQUEST_MS = 30_000;
/** After the drain: how often to look for connections that have come to rest. */
const LOOK_MS = 100;

export interface HttpServer {
  server: Server;
  /**
   * New connections are refused at once, so that the gateway takes the next address; those that are
   * open get their answers, each the last of its connection. Who holds an idle one is expected to
   * send on it or to close it, and loses it after `drain_ms`. Resolves when the last has ended.
   */
  drain(): Promise<void>;
}

export interface HttpServerOptions {
  app: RequestListener;
  /** Rejects where the process can't work just now. */
  ready: () => Promise<unknown>;
  metrics: Metrics;
  drain_ms: number;
}

/** The app, and beside it `/health/ready` and `/metrics`, which nobody reaches by the gateway. */
export function httpServer({ app, ready, metrics, drain_ms }: HttpServerOptions): HttpServer {
  const open = new Set<ServerResponse>();
  let draining = false;

  const answerReady = (response: ServerResponse) => {
    const asked = draining ? Promise.reject(new Error('stopping')) : ready();
    asked.then(
      () => response.end('{"status":"ready"}'),
      () => response.writeHead(503).end('{"status":"not ready"}'),
    );
  };
  const answerMetrics = (response: ServerResponse) => {
    metrics.text().then(
      (text) => response.setHeader('Content-Type', metrics.content_type).end(text),
      () => response.writeHead(500).end(),
    );
  };
  const own: Record<string, (response: ServerResponse) => void> = {
    '/health/ready': answerReady,
    '/metrics': answerMetrics,
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS });
  server.on('request', (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    open.add(response);
    response.once('close', () => open.delete(response));
    // The gateway says that it forwards; these are nothing for outside.
    const forwarded = request.headers['x-forwarded-host'] !== undefined;
    const answer = forwarded ? undefined : own[request.url ?? ''];
    if (answer !== undefined) return answer(response);
    metrics.watch(request, response);
    app(request, response);
  });

  const drain = async () => {
    draining = true;
    for (const response of open) response.shouldKeepAlive = false;
    // Who has connected already is let in first: closing the door would reset him.
    await setImmediate();
    // Not the close of an HTTP server, which would end idle connections: a request may be on its
    // way on any of them, and the gateway may not send a POST twice.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
    let looking: NodeJS.Timeout | undefined;
    const patience = setTimeout(() => {
      server.closeIdleConnections();
      looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
    }, drain_ms);
    await closed;
    clearTimeout(patience);
    clearInterval(looking);
  };
  return { server, drain };
}
