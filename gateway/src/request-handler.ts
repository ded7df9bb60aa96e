import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@roundhouse/service/log';
import { clientAddress } from './client-address.ts';
import type { Configuration } from './configuration-schema.ts';
import {
  type Answer,
  errorAnswer,
  nginxAnswer,
  notImplementedAnswer,
  reasonPhrase,
} from './error-answer.ts';
import type { Answered, Exchange, PluginHandler, RouteTarget } from './exchange.ts';
import { type Forwarder, Forwarding, type Outcome } from './forwarding.ts';
import { setHeader } from './headers.ts';
import { endAnswer, limitBodyTime, type Patience } from './patience.ts';
import { createChains, type Kept } from './plugins.ts';
import { refuse, statusOf } from './refusal.ts';
import { measureChunked } from './request-body.ts';
import { emptyHead, hasBody, readHead } from './request-head.ts';
import { idsOf, RequestTelling } from './request-telling.ts';
import { ownHeaders } from './response-headers.ts';
import { createRouter, type Match } from './router.ts';
import { UpstreamPools } from './upstream-pool.ts';

export type Surroundings = {
  upstreams: ReadonlyMap<string, readonly string[]>;
  logger: Logger;
  /** Proxies whose word on the client's address is taken. */
  trusted: BlockList | undefined;
  clock: () => number;
  patience: Patience;
  kept: Kept;
};

type Sending = {
  plugins: readonly PluginHandler[];
  /** When a service was asked, where one was: such an answer counts as the service's. */
  askedAt?: number | undefined;
  close?: boolean;
};

type Began = Pick<Answered, 'head' | 'peer' | 'client' | 'clock'>;

function begin(began: Began): Answered {
  const { clock } = began;
  return {
    ...began,
    startedAt: clock(),
    requestId: randomUUID().replaceAll('-', ''),
    correlationId: undefined,
    span: undefined,
    consumer: undefined,
    body: undefined,
    beginning: undefined,
    bodyLimit: undefined,
    preflight: false,
    answerHeaders: undefined,
    route: undefined,
    askedAt: undefined,
    answeredAt: undefined,
  };
}

function lowLevelAnswer({ head, requestId }: Exchange, status: number): Answer {
  if (status === 501) return notImplementedAnswer();
  const { accept, contentType } = head;
  return nginxAnswer(status, { accept, contentType, requestId });
}

function failureAnswer(exchange: Exchange, { failure }: Outcome): Answer {
  const { head, requestId } = exchange;
  if (failure === 'unresolved') {
    return errorAnswer(503, 'name resolution failed', { accept: head.accept, requestId });
  }
  if (failure === 'too_large') {
    return errorAnswer(413, 'Request size limit exceeded', { accept: head.accept, requestId });
  }
  const late = failure === 'timeout' || failure === 'connect_timeout';
  return lowLevelAnswer(exchange, late ? 504 : 502);
}

/** What is done with requests: routed, through the plugins, forwarded. */
export class RequestHandler {
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #trusted: BlockList | undefined;
  readonly #telling: RequestTelling;
  readonly #pools: UpstreamPools;
  readonly #kept: Kept;
  #pluginsOfNoRoute: readonly PluginHandler[] = [];
  #route: (method: string, path: string) => Match<RouteTarget> | undefined = () => undefined;
  readonly #forwarder: Forwarder;
  readonly #patience: Patience;
  readonly #latest = new WeakMap<Duplex, Exchange>();
  #closing = false;

  constructor(configuration: Configuration, surroundings: Surroundings) {
    const { upstreams, logger, trusted, clock, patience, kept } = surroundings;
    this.#trusted = trusted;
    this.#kept = kept;
    this.#patience = patience;
    this.#forwarder = {
      closing: () => this.#closing,
      read_ms: patience.read_ms,
      gaveUp: (exchange, route, outcome) => this.#gaveUp(exchange, route, outcome),
    };
    this.#logger = logger;
    this.#clock = clock;
    this.#telling = new RequestTelling(logger);
    this.#pools = new UpstreamPools(upstreams);
    this.load(configuration);
  }

  /**
   * From now on new requests go by this configuration. Those that run end as they began: what they
   * need of it is in their `RouteTarget`. Connections and counts stay; remembered tokens do not,
   * since their key may be gone.
   */
  load(configuration: Configuration): void {
    const chains = createChains(configuration, this.#kept);
    const route = createRouter(configuration.services, (service, route) => {
      const plugins = chains.ofRoute(service, route);
      return {
        name: route.name,
        service,
        stripPath: route.strip_path,
        requestBuffering: route.request_buffering,
        plugins,
        loggers: plugins.filter(({ log }) => log !== undefined),
        upstream: this.#pools.of(service.url),
      };
    });
    this.#pluginsOfNoRoute = chains.ofNoRoute;
    this.#route = route;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { head, malformed } = readHead(request);
    const peer = request.socket.remoteAddress ?? '';
    const client = clientAddress(request, this.#trusted);
    const began = begin({ head, peer, client, clock: this.#clock });
    const exchange = Object.assign(began, { request, response });
    if (this.#spokeOn(request.socket)) return;
    this.#latest.set(request.socket, exchange);
    if (hasBody(head)) {
      limitBodyTime(request, this.#patience.request_ms, () => this.#tooSlow(request.socket));
    }
    const plugins = this.#pluginsOfNoRoute;
    const match = malformed === undefined ? this.#route(head.method, head.path) : undefined;
    this.#telling.begin(exchange, match?.target.name);
    if (malformed !== undefined) {
      this.#send(exchange, lowLevelAnswer(exchange, malformed), { plugins, close: true });
    } else if (match === undefined) {
      const about = { accept: head.accept, requestId: exchange.requestId };
      const answer = errorAnswer(404, 'no Route matched with those values', about);
      this.#send(exchange, answer, { plugins });
    } else {
      exchange.route = match.target;
      this.#logEnd(exchange, match.target);
      this.#run(exchange, match).catch((error: unknown) => this.#crashed(exchange, error));
    }
  }

  /**
   * What comes after a handshake and before its answer can be meant as another request, or as the
   * first words on a WebSocket that nobody agreed to (RFC 6455, 4.1): whoever sends it is cut off.
   */
  #spokeOn(socket: Socket): boolean {
    const before = this.#latest.get(socket);
    if (!before?.head.websocket || before.response.writableEnded) return false;
    socket.destroy();
    return true;
  }

  #tooSlow(socket: Socket): void {
    const error: NodeJS.ErrnoException = new Error('the body takes too long');
    error.code = 'ERR_HTTP_REQUEST_TIMEOUT';
    this.refuseBroken(error, socket);
  }

  /** Answers a client that never got as far as a request. */
  refuseConnection(socket: Duplex, status: number): void {
    const head = emptyHead('', '1.1');
    const exchange = begin({ head, peer: '', client: '', clock: this.#clock });
    const answer = nginxAnswer(status, { requestId: exchange.requestId });
    const { requestId: kong_request_id } = exchange;
    this.#logger.info('refused', { event: 'connection_refused', status, kong_request_id });
    const about = { own: answer.headers, askedAt: undefined, keepAlive: false };
    refuse(socket, answer, ownHeaders(exchange, this.#pluginsOfNoRoute, about));
  }

  /** For what Node's parser or its clock refuses. */
  refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
    const latest = this.#latest.get(socket);
    // While an answer to an earlier request is due, another one would be taken for it.
    const busy = latest !== undefined && !latest.response.writableFinished;
    const answerable = !busy || (!latest.request.complete && !latest.response.headersSent);
    if (socket.writable && answerable && error.code !== 'ECONNRESET') {
      this.refuseConnection(socket, statusOf(error));
    } else socket.destroy();
  }

  /** Whether a request is under way on this client's connection. */
  isBusy(socket: Duplex): boolean {
    return this.#latest.get(socket)?.response.writableFinished === false;
  }

  /** From now on each answer closes its connection. */
  close(): void {
    this.#closing = true;
    this.#pools.close();
  }

  async #run(exchange: Exchange, match: Match<RouteTarget>): Promise<void> {
    const { plugins } = match.target;
    for (const plugin of plugins) {
      const result = plugin.access?.(exchange);
      // Most plugins answer at once, and each await would cost a turn.
      const answer = result instanceof Promise ? await result : result;
      if (answer !== undefined) {
        this.#send(exchange, answer, { plugins });
        return;
      }
    }
    await this.#forward(exchange, match);
  }

  async #forward(exchange: Exchange, { target, matched }: Match<RouteTarget>): Promise<void> {
    // Without a limit there is nothing that it could be too long for.
    if (exchange.head.chunked) await measureChunked(exchange);
    const { span, head } = exchange;
    if (span !== undefined) setHeader(head.passed, 'traceparent', span.traceparent);
    await new Forwarding({ exchange, route: target, matched }, this.#forwarder).start();
  }

  #gaveUp(exchange: Exchange, { name, service, plugins }: RouteTarget, outcome: Outcome): void {
    const { failure, cause, attempts, askedAt } = outcome;
    if (failure === 'too_large') {
      this.#send(exchange, failureAnswer(exchange, outcome), { plugins });
      return;
    }
    this.#logger.warn('upstream', {
      event: 'upstream_failed',
      route: name,
      upstream: service.name,
      failure,
      attempts,
      ...idsOf(exchange),
      cause,
    });
    // A name that can't be resolved fails before Kong turns to the service.
    const asked = failure === 'unresolved' ? undefined : askedAt;
    this.#send(exchange, failureAnswer(exchange, outcome), { plugins, askedAt: asked });
  }

  #send(exchange: Exchange, answer: Answer, { plugins, askedAt, close }: Sending): void {
    const { response, head } = exchange;
    if (response.destroyed || response.headersSent) return;
    const keepAlive = head.keepAlive && close !== true && !this.#closing;
    const headers = ownHeaders(exchange, plugins, { own: answer.headers, askedAt, keepAlive });
    const reason = reasonPhrase(answer.status);
    if (reason === undefined) response.writeHead(answer.status, headers);
    else response.writeHead(answer.status, reason, headers);
    // What is no request is not listened to any longer.
    if (close) response.end(answer.body);
    else {
      const { read_ms } = this.#patience;
      endAnswer(exchange, { last: answer.body, closes: !keepAlive, read_ms });
    }
  }

  /** A bug of the gateway: told once, answered bare. A client that went away is none. */
  #crashed(exchange: Exchange, error: unknown): void {
    if (exchange.response.destroyed) return;
    this.#logger.error('crashed', {
      event: 'request_crashed',
      ...idsOf(exchange),
      cause: error,
    });
    this.#send(exchange, lowLevelAnswer(exchange, 500), { plugins: [], close: true });
  }

  #logEnd(exchange: Exchange, { loggers }: RouteTarget): void {
    if (loggers.length === 0) return;
    exchange.response.once('close', () => {
      for (const plugin of loggers) plugin.log?.(exchange);
    });
  }
}
