import type { Exchange, RouteTarget } from './exchange.ts';
import { type Headers, headerLines } from './headers.ts';
import { endAnswer } from './patience.ts';
import { readAhead } from './request-body.ts';
import { hasBody } from './request-head.ts';
import { proxiedHeaders } from './response-headers.ts';
import type { ResponseHead } from './response-parser.ts';
import { openTunnel } from './tunnel.ts';
import { Upload } from './upload.ts';
import type { Connection, Failure, Job } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-pool.ts';
import { upstreamRequest } from './upstream-request.ts';

/** A body up to here is read first: it leaves in one write with its head, and can be sent again. */
const COLLECTED_BYTES = 65_536;
/** nginx's list of what may not be asked twice once it was sent. */
const NOT_IDEMPOTENT = new Set(['POST', 'PATCH', 'LOCK']);

export type Outcome = {
  /** `too_large`: more came than the route allows, which is the client's failure. */
  failure: Failure | 'too_large';
  cause: Error | undefined;
  attempts: number;
  askedAt: number;
};

/** What a request is forwarded by. */
export type Forwarder = {
  /** Whether answers are to close their connections. */
  closing(): boolean;
  /** For how long a client may leave an answer where it is. */
  read_ms: number;
  /** The service will not answer. */
  gaveUp(exchange: Exchange, route: RouteTarget, outcome: Outcome): void;
};

/** One request to a service and its answer to the client, both streamed; retried where safe. */
export class Forwarding implements Job {
  readonly method: string;
  readonly upgrade: boolean;
  readonly #exchange: Exchange;
  readonly #route: RouteTarget;
  readonly #matched: string;
  readonly #forwarder: Forwarder;
  #text = '';
  #connection: Connection | undefined;
  /** The addresses that were asked, the last one last. */
  readonly #met: UpstreamPool[] = [];
  #attempts = 0;
  #askedAt = 0;
  /** The body, where it is not sent together with the head. */
  #upload: Upload | undefined;
  /** Something of the request may have reached the service. */
  #asked = false;
  #flushed = false;
  /** The body can't be sent again: part of it has left the client for good. */
  #consumed = false;
  #left: number | undefined;
  /** The client's connection ends with this answer. */
  #closes = false;
  #ended = false;
  #finished = false;
  /** Bytes that the client had sent when it asked for a WebSocket. */
  readonly #heardBefore: number;

  /** `matched` is the part of the path that the route asks for. */
  constructor(
    { exchange, route, matched }: { exchange: Exchange; route: RouteTarget; matched: string },
    forwarder: Forwarder,
  ) {
    this.#exchange = exchange;
    this.#route = route;
    this.#matched = matched;
    this.#forwarder = forwarder;
    this.method = exchange.head.method;
    this.upgrade = exchange.head.websocket;
    this.#heardBefore = this.upgrade ? exchange.request.socket.bytesRead : 0;
  }

  async start(): Promise<void> {
    const { response, head } = this.#exchange;
    this.#askedAt = this.#exchange.clock();
    this.#exchange.askedAt = this.#askedAt;
    response.once('close', () => this.#clientGone());
    if (hasBody(head) && this.#exchange.body === undefined) await this.#prepareBody();
    this.#text = upstreamRequest(this.#exchange, this.#route, this.#matched);
    if (!response.destroyed) this.#attempt();
  }

  async #prepareBody(): Promise<void> {
    const exchange = this.#exchange;
    const { contentLength = Number.POSITIVE_INFINITY } = exchange.head;
    const short = contentLength <= COLLECTED_BYTES;
    if (short && this.#route.requestBuffering) await readAhead(exchange, COLLECTED_BYTES);
    if (exchange.body === undefined) this.#upload = new Upload(exchange, () => this.#tooLarge());
  }

  #attempt(): void {
    this.#attempts++;
    this.#asked = false;
    const pool = this.#route.upstream.choose(this.#met);
    this.#met.push(pool);
    this.#connection = pool.serve(this, this.#route.service.connect_timeout);
  }

  ready(connection: Connection): void {
    const { write_timeout, read_timeout } = this.#route.service;
    const { socket } = connection;
    this.#connection = connection;
    this.#asked = true;
    if (this.#upload !== undefined) {
      this.#consumed = true;
      socket.setTimeout(write_timeout);
      socket.write(this.#text, 'latin1');
      this.#upload.start(socket, () => socket.setTimeout(read_timeout));
      return;
    }
    socket.setTimeout(read_timeout);
    const body = this.#exchange.body;
    if (body === undefined || body.length === 0) socket.write(this.#text, 'latin1');
    else socket.write(Buffer.concat([Buffer.from(this.#text, 'latin1'), body]));
  }

  drained(): void {
    this.#upload?.drained();
  }

  head(answer: ResponseHead): void {
    const { response, head } = this.#exchange;
    this.#left = answer.length;
    this.#exchange.answeredAt = this.#exchange.clock();
    // An HTTP/1.0 client learns of an undeclared end by the close alone.
    const endsByClose = head.version === '1.0' && answer.length === undefined;
    const keepAlive = head.keepAlive && !endsByClose && !this.#forwarder.closing();
    this.#closes = !keepAlive;
    const headers = this.#headers(answer, keepAlive);
    // A service that gives no date is passed on without one.
    response.sendDate = false;
    response.writeHead(answer.status, answer.reason, headers);
  }

  #headers(answer: ResponseHead, keepAlive: boolean): Headers {
    const about = { answer, askedAt: this.#askedAt, keepAlive };
    return proxiedHeaders(this.#exchange, this.#route.plugins, about);
  }

  switched(answer: ResponseHead, first: Buffer): void {
    const { request, response, clock } = this.#exchange;
    this.#finished = true;
    this.#exchange.answeredAt = clock();
    response.statusCode = answer.status;
    const lines = headerLines(this.#headers(answer, true));
    const head = `HTTP/1.1 101 ${answer.reason}\r\n${lines}\r\n`;
    const service = (this.#connection as Connection).detach();
    this.#connection = undefined;
    if (request.socket.bytesRead > this.#heardBefore) {
      // Node has read it as HTTP. A client speaks on a WebSocket once it is open (RFC 6455, 4.1).
      request.socket.destroy();
      service.destroy();
      return;
    }
    openTunnel(response, service, { head, first, idle_ms: this.#route.service.read_timeout });
  }

  data(chunk: Buffer): void {
    const { response } = this.#exchange;
    this.#flushed = true;
    if (this.#left !== undefined) this.#left -= chunk.length;
    // The last piece of a declared length ends the answer: head and body leave in one write.
    if (this.#left === 0) this.#endAnswer(chunk);
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
    this.#finished = true;
    if (!this.#ended) this.#endAnswer();
    this.#connection?.release(this.#sent);
    this.#connection = undefined;
    this.#upload?.stop();
  }

  #endAnswer(last?: Buffer): void {
    this.#ended = true;
    const { read_ms } = this.#forwarder;
    endAnswer(this.#exchange, { last, closes: this.#closes, read_ms });
  }

  /** Whether the service has the whole request. */
  get #sent(): boolean {
    return this.#upload?.sent ?? true;
  }

  idle(): boolean {
    const { response } = this.#exchange;
    // The client does not read: that is no failure of the service.
    if (response.writableNeedDrain) {
      response.destroy();
      return true;
    }
    // Waiting for the rest of an upload is the client's delay too, and `limitBodyTime` ends that.
    const socket = this.#connection?.socket;
    return !response.headersSent && !this.#sent && socket?.writableNeedDrain === false;
  }

  failed(failure: Failure, cause: Error | undefined): void {
    const { response } = this.#exchange;
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#finished || response.destroyed) return;
    if (response.headersSent) {
      this.#giveUp(failure, cause);
      // What came is delivered, and the missing end is shown by the close; unless nobody reads it.
      if (response.writableNeedDrain || response.socket === null) response.destroy();
      else response.socket.destroySoon();
    } else if (this.#mayRetry(failure, connection)) {
      this.#attempt();
    } else this.#giveUp(failure, cause);
  }

  #giveUp(failure: Outcome['failure'], cause?: Error): void {
    const outcome = { failure, cause, attempts: this.#attempts, askedAt: this.#askedAt };
    this.#finished = true;
    this.#forwarder.gaveUp(this.#exchange, this.#route, outcome);
    this.#upload?.stop();
  }

  #tooLarge(): void {
    const { response } = this.#exchange;
    this.#connection?.destroy();
    this.#connection = undefined;
    if (response.headersSent) response.destroy();
    this.#giveUp('too_large');
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
