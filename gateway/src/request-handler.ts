import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@roundhouse/service/log';
import type { Configuration } from './configuration-schema.ts';
import {
  type Answer,
  errorAnswer,
  nginxAnswer,
  notImplementedAnswer,
  reasonPhrase,
} from './error-answer.ts';
import type { Answered, Exchange, PluginHandler, RouteTarget } from './exchange.ts';
import { Forwarding, type Outcome } from './forwarding.ts';
import { CountStore } from './limit-windows.ts';
import { createChains } from './plugins.ts';
import { refuse, statusOf } from './refusal.ts';
import { collectBody } from './request-body.ts';
import { emptyHead, type RequestHead, readHead } from './request-head.ts';
import { ownHeaders } from './response-headers.ts';
import { createRouter, type Match } from './router.ts';
import { UpstreamPools } from './upstream-pool.ts';
import { upstreamRequest } from './upstream-request.ts';

export type Surroundings = {
  upstreams: ReadonlyMap<string, readonly string[]>;
  logger: Logger;
  clock: () => number;
};

type Sending = {
  plugins: readonly PluginHandler[];
  /** When a service was asked, where one was: such an answer counts as the service's. */
  askedAt?: number | undefined;
  close?: boolean;
};

/** A chunked body declares no length, so it is read first; this is for routes without a limit. */
const CHUNKED_BYTES = 1_048_576;

function begin(head: RequestHead, peer: string | undefined, clock: () => number): Answered {
  return {
    head,
    peer: peer ?? '',
    clock,
    startedAt: clock(),
    requestId: randomUUID().replaceAll('-', ''),
    correlationId: undefined,
    consumer: undefined,
    body: undefined,
    preflight: false,
    answerHeaders: undefined,
    route: undefined,
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
  const late = failure === 'timeout' || failure === 'connect_timeout';
  return lowLevelAnswer(exchange, late ? 504 : 502);
}

/** What is done with requests: routed, through the plugins, forwarded. */
export class RequestHandler {
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #logsRequests: boolean;
  readonly #pools: UpstreamPools;
  readonly #counts = new CountStore();
  #pluginsOfNoRoute: readonly PluginHandler[] = [];
  #route: (method: string, path: string) => Match<RouteTarget> | undefined = () => undefined;
  readonly #latest = new WeakMap<Duplex, Exchange>();
  #closing = false;

  constructor(configuration: Configuration, { upstreams, logger, clock }: Surroundings) {
    this.#logger = logger;
    this.#clock = clock;
    this.#logsRequests = logger.isDebugEnabled();
    this.#pools = new UpstreamPools(upstreams);
    this.load(configuration);
  }

  /**
   * From now on new requests go by this configuration. Those that run end as they began: what they
   * need of it is in their `RouteTarget`. Connections and counts stay; remembered tokens do not,
   * since their key may be gone.
   */
  load(configuration: Configuration): void {
    const chains = createChains(configuration, this.#counts);
    const route = createRouter(configuration.services, (service, route) => ({
      name: route.name,
      service,
      stripPath: route.strip_path,
      plugins: chains.ofRoute(service, route),
      upstream: this.#pools.of(service.url),
    }));
    this.#pluginsOfNoRoute = chains.ofNoRoute;
    this.#route = route;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { head, malformed } = readHead(request);
    const exchange = Object.assign(begin(head, request.socket.remoteAddress, this.#clock), {
      request,
      response,
    });
    this.#latest.set(request.socket, exchange);
    const plugins = this.#pluginsOfNoRoute;
    const match = malformed === undefined ? this.#route(head.method, head.path) : undefined;
    if (this.#logsRequests) this.#logRequest(exchange, match?.target.name);
    if (malformed !== undefined) {
      this.#send(exchange, lowLevelAnswer(exchange, malformed), { plugins, close: true });
    } else if (match === undefined) {
      const about = { accept: head.accept, requestId: exchange.requestId };
      const answer = errorAnswer(404, 'no Route matched with those values', about);
      this.#send(exchange, answer, { plugins });
    } else {
      exchange.route = match.target;
      this.#run(exchange, match).catch((error: unknown) => this.#crashed(exchange, error));
    }
  }

  /** Answers a client that never got as far as a request. */
  refuseConnection(socket: Duplex, status: number): void {
    const exchange = begin(emptyHead('', '1.1'), undefined, this.#clock);
    const answer = nginxAnswer(status, { requestId: exchange.requestId });
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
    const { head, request, requestId } = exchange;
    const { plugins } = target;
    if (head.websocket) {
      const about = { accept: head.accept, requestId };
      this.#send(exchange, errorAnswer(501, 'WebSocket is not supported', about), { plugins });
      return;
    }
    if (head.chunked) {
      exchange.body ??= await collectBody(request, CHUNKED_BYTES);
      if (exchange.body === undefined) {
        this.#send(exchange, lowLevelAnswer(exchange, 413), { plugins });
        return;
      }
    }
    const text = upstreamRequest(exchange, target, matched);
    const forwarding = new Forwarding(
      { exchange, route: target, text },
      () => this.#closing,
      (outcome) => this.#gaveUp(exchange, target, outcome),
    );
    await forwarding.start();
  }

  #gaveUp(exchange: Exchange, { name, service, plugins }: RouteTarget, outcome: Outcome): void {
    const { failure, cause, attempts, askedAt } = outcome;
    this.#logger.warn('upstream', {
      event: 'upstream_failed',
      route: name,
      upstream: service.name,
      failure,
      attempts,
      request_id: exchange.requestId,
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
    response.end(answer.body);
  }

  /** A bug of the gateway: told once, answered bare. A client that went away is none. */
  #crashed(exchange: Exchange, error: unknown): void {
    if (exchange.response.destroyed) return;
    const { requestId: request_id } = exchange;
    this.#logger.error('crashed', { event: 'request_crashed', request_id, cause: error });
    this.#send(exchange, lowLevelAnswer(exchange, 500), { plugins: [], close: true });
  }

  #logRequest({ head, response, requestId, startedAt, clock }: Exchange, route?: string): void {
    response.once('close', () => {
      this.#logger.debug('request', {
        event: 'request',
        route,
        method: head.method,
        status: response.statusCode,
        milliseconds: clock() - startedAt,
        request_id: requestId,
      });
    });
  }
}
