import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@roundhouse/telemetry/span';
import type { Consumer, Service } from './configuration-schema.ts';
import type { Answer } from './error-answer.ts';
import type { Headers } from './headers.ts';
import type { RequestHead } from './request-head.ts';
import type { Upstream } from './upstream-pool.ts';

/** One request on its way through the gateway, and what the plugins leave on it. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  /** Who holds the connection: the client, or the proxy before us. */
  readonly peer: string;
  /** The client's address, as far as we may know it. */
  readonly client: string;
  /** Milliseconds since the epoch: for latencies, the limits' windows and the tokens' times. */
  readonly clock: () => number;
  readonly startedAt: number;
  readonly requestId: string;
  correlationId: string | undefined;
  /** Undefined where nobody traces. */
  span: Span | undefined;
  consumer: Identity | undefined;
  /** The body where it was read as a whole before the service is asked. */
  body: Buffer | undefined;
  /** Its first bytes where more of it was read than is kept. */
  beginning: readonly Buffer[] | undefined;
  /** In bytes, as the route allows it. */
  bodyLimit: number | undefined;
  preflight: boolean;
  /** What plugins put on whatever answer there will be. */
  answerHeaders: Headers | undefined;
  route: RouteTarget | undefined;
  /** When the service was asked, and when it began to answer. */
  askedAt: number | undefined;
  answeredAt: number | undefined;
};

/** The part of it that answers need, which there is also of a request that could not be read. */
export type Answered = Omit<Exchange, 'request' | 'response'>;

/** A consumer with the id that Kong would give it. */
export type Identity = Pick<Consumer, 'username' | 'custom_id'> & { id: string };

/**
 * A configured plugin. `access` may answer in place of the service. `filter` sees the headers of
 * every answer of the routes that it stands on, the gateway's own included.
 */
export type PluginHandler = {
  access?(exchange: Exchange): Answer | undefined | Promise<Answer | undefined>;
  filter?(exchange: Answered, headers: Headers): void;
  /** Comes when the answer has ended, however it did. */
  log?(exchange: Exchange): void;
};

/** A route with all that a request needs of it, worked out when the gateway starts. */
export type RouteTarget = {
  name: string;
  stripPath: boolean;
  /** False: the service gets the body while it comes, however short it is. */
  requestBuffering: boolean;
  service: Service;
  upstream: Upstream;
  /** In Kong's order. */
  plugins: readonly PluginHandler[];
  /** Those of them that want to know how it ended. */
  loggers: readonly PluginHandler[];
};
