import type { Exchange, RouteTarget } from './exchange.ts';
import { collectBody } from './request-body.ts';
import { proxiedHeaders } from './response-headers.ts';
import type { ResponseHead } from './response-parser.ts';
import type { Connection, Failure, Job } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** A body up to here is read first: it leaves in one write with its head, and can be sent again. */
const COLLECTED_BYTES = 65_536;
/** nginx's list of what may not be asked twice once it was sent. */
const NOT_IDEMPOTENT = new Set(['POST', 'PATCH', 'LOCK']);

export type Outcome = {
  failure: Failure;
  cause: Error | undefined;
  attempts: number;
  askedAt: number;
};

/** One request to a service and its answer to the client, both streamed; retried where safe. */
export class Forwarding implements Job {
  readonly method: string;
  readonly #exchange: Exchange;
  readonly #route: RouteTarget;
  readonly #text: string;
  readonly #closing: () => boolean;
  readonly #gaveUp: (outcome: Outcome) => void;
  #connection: Connection | undefined;
  /** The addresses that were asked, the last one last. */
  readonly #met: UpstreamPool[] = [];
  #attempts = 0;
  #askedAt = 0;
  #streams = false;
  /** Something of the request may have reached the service. */
  #asked = false;
  #requestSent = false;
  #flushed = false;
  /** The body can't be sent again: part of it has left the client for good. */
  #consumed = false;
  #left: number | undefined;
  #finished = false;

  /** `text` is the request's head; `gaveUp` is called when the service will not answer. */
  constructor(
    about: { exchange: Exchange; route: RouteTarget; text: string },
    closing: () => boolean,
    gaveUp: (outcome: Outcome) => void,
  ) {
    this.#exchange = about.exchange;
    this.#route = about.route;
    this.#text = about.text;
    this.#closing = closing;
    this.#gaveUp = gaveUp;
    this.method = about.exchange.head.method;
  }

  async start(): Promise<void> {
    const { request, response, head, body } = this.#exchange;
    this.#askedAt = this.#exchange.clock();
    response.once('close', () => this.#clientGone());
    const length = body === undefined ? (head.contentLength ?? 0) : 0;
    this.#streams = length > COLLECTED_BYTES;
    if (length > 0 && !this.#streams) {
      this.#exchange.body = await collectBody(request, COLLECTED_BYTES);
    }
    if (!response.destroyed) this.#attempt();
  }

  #attempt(): void {
    this.#attempts++;
    this.#asked = false;
    this.#requestSent = false;
    const pool = this.#route.upstream.choose(this.#met);
    this.#met.push(pool);
    this.#connection = pool.serve(this, this.#route.service.connect_timeout);
  }

  ready(connection: Connection): void {
    const { write_timeout, read_timeout } = this.#route.service;
    const { socket } = connection;
    this.#connection = connection;
    this.#asked = true;
    if (this.#streams) {
      socket.setTimeout(write_timeout);
      socket.write(this.#text, 'latin1');
      this.#streamBody();
      return;
    }
    socket.setTimeout(read_timeout);
    const body = this.#exchange.body;
    if (body === undefined || body.length === 0) socket.write(this.#text, 'latin1');
    else socket.write(Buffer.concat([Buffer.from(this.#text, 'latin1'), body]));
    this.#requestSent = true;
  }

  #streamBody(): void {
    const { request } = this.#exchange;
    this.#consumed = true;
    request.on('data', (chunk: Buffer) => {
      if (this.#connection?.socket.write(chunk) === false) request.pause();
    });
    request.once('end', () => {
      this.#requestSent = true;
      this.#connection?.socket.setTimeout(this.#route.service.read_timeout);
    });
  }

  drained(): void {
    if (this.#streams) this.#exchange.request.resume();
  }

  head(answer: ResponseHead): void {
    const { response, head } = this.#exchange;
    this.#left = answer.length;
    // An HTTP/1.0 client learns of an undeclared end by the close alone.
    const endsByClose = head.version === '1.0' && answer.length === undefined;
    const keepAlive = head.keepAlive && !endsByClose && !this.#closing();
    const headers = proxiedHeaders(this.#exchange, this.#route.plugins, {
      answer,
      askedAt: this.#askedAt,
      keepAlive,
    });
    // A service that gives no date is passed on without one.
    response.sendDate = false;
    response.writeHead(answer.status, answer.reason, headers);
  }

  data(chunk: Buffer): void {
    const { response } = this.#exchange;
    this.#flushed = true;
    if (this.#left !== undefined) this.#left -= chunk.length;
    // The last piece of a declared length ends the answer: head and body leave in one write.
    if (this.#left === 0) response.end(chunk);
    else if (!response.write(chunk)) this.#holdBack();
  }

  #holdBack(): void {
    const socket = this.#connection?.socket;
    // One read can hold many chunks, and each of them comes here.
    if (socket === undefined || socket.isPaused()) return;
    socket.pause();
    this.#exchange.response.once('drain', () => socket.resume());
  }

  caughtUp(): void {
    const { response } = this.#exchange;
    // An event stream says nothing for a while after its head, and the client waits for that head.
    if (this.#flushed || !response.headersSent) return;
    this.#flushed = true;
    response.flushHeaders();
  }

  end(): void {
    const { response } = this.#exchange;
    this.#finished = true;
    if (!response.writableEnded) response.end();
    this.#connection?.release(this.#requestSent);
    this.#connection = undefined;
  }

  idle(): boolean {
    const { response } = this.#exchange;
    const socket = this.#connection?.socket;
    // Waiting for the rest of an upload is the client's delay, and the server's timeouts end that.
    return !response.headersSent && !this.#requestSent && socket?.writableNeedDrain === false;
  }

  failed(failure: Failure, cause: Error | undefined): void {
    const { response } = this.#exchange;
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#finished || response.destroyed) return;
    const asked = { failure, cause, attempts: this.#attempts, askedAt: this.#askedAt };
    if (response.headersSent) {
      this.#finished = true;
      this.#gaveUp(asked);
      // What came is delivered, and the missing end is shown by the close; unless nobody reads it.
      if (response.writableNeedDrain || response.socket === null) response.destroy();
      else response.socket.destroySoon();
    } else if (this.#mayRetry(failure, connection)) {
      this.#attempt();
    } else {
      this.#finished = true;
      this.#gaveUp(asked);
    }
  }

  #mayRetry(failure: Failure, connection: Connection | undefined): boolean {
    if (this.#consumed) return false;
    // Kong gives up over a name; here another address may have one that is known.
    if (failure === 'unresolved' && this.#route.upstream.addresses === 1) return false;
    if (this.#asked && NOT_IDEMPOTENT.has(this.method)) return false;
    // A kept connection that was closed meanwhile says nothing of the service: it is not counted.
    const stale = connection?.reused === true && failure === 'broken' && !connection.answering;
    if (stale) this.#attempts--;
    return stale || this.#attempts <= this.#retries();
  }

  /** While nothing has been sent, every address of a service that may be asked again is asked. */
  #retries(): number {
    const { service, upstream } = this.#route;
    if (this.#asked || service.retries === 0) return service.retries;
    return Math.max(service.retries, upstream.addresses - 1);
  }

  #clientGone(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
