import { connect, type Socket } from 'node:net';
import { type ResponseListener, ResponseParser } from './response-parser.ts';

/** Why there is no (whole) answer from a service. */
export type Failure = 'unresolved' | 'unreachable' | 'connect_timeout' | 'broken' | 'timeout';

/** Who uses a connection now. `failed` comes at most once, and nothing after it. */
export type Job = ResponseListener & {
  method: string;
  /** Asks for a WebSocket. */
  upgrade: boolean;
  /** From now on the request may be written. */
  ready(connection: Connection): void;
  drained(): void;
  /** All that has come so far has been handed over. */
  caughtUp(): void;
  /** No byte went either way for as long as was set. True keeps waiting. */
  idle(): boolean;
  failed(failure: Failure, cause: Error | undefined): void;
};

/** Where a connection comes from and returns to. */
export type Address = {
  readonly host: string;
  readonly port: number;
  /** False: there is no room, and the connection is to end. */
  keep(connection: Connection): boolean;
  drop(connection: Connection): void;
  /** Nobody could be reached there, or whoever is there says that he is leaving. */
  avoid(reason: Failure | 'leaving'): void;
};

const IDLE_MS = 60_000;
/** A service that says when it will close is left before, so that no request meets the close. */
const IDLE_MARGIN_MS = 1000;

const OWN_EVENTS = ['data', 'drain', 'timeout', 'error', 'end', 'close'];

/** A connection to a service; it serves one request after another. */
export class Connection {
  /** Has served before: then a failure may be the service's idle time running out. */
  reused = false;
  readonly socket: Socket;
  readonly #address: Address;
  #job: Job | undefined;
  #parser: ResponseParser | undefined;
  #connected = false;

  constructor(address: Address) {
    this.#address = address;
    const { host, port } = address;
    this.socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.socket.on('connect', () => {
      this.#connected = true;
      this.#job?.ready(this);
    });
    this.socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.socket.on('drain', () => this.#job?.drained());
    this.socket.on('timeout', () => this.#timedOut());
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(this.#kind(error), error));
    this.socket.on('end', () => this.#ended());
    this.socket.on('close', () => this.#fail('broken', undefined));
  }

  /** Whether anything of an answer has come. */
  get answering(): boolean {
    return this.#parser?.started ?? false;
  }

  serve(job: Job, connectTimeout: number): void {
    this.#job = job;
    this.#parser = new ResponseParser(job.method, job, job.upgrade);
    this.socket.ref();
    if (this.#connected) job.ready(this);
    else this.socket.setTimeout(connectTimeout);
  }

  /** Gives the connection back, or ends it where the answer or the request is not whole. */
  release(requestSent: boolean): void {
    const parser = this.#parser;
    this.#job = undefined;
    this.#parser = undefined;
    if (parser?.leaving) this.#address.avoid('leaving');
    if (parser?.reusable && requestSent && this.#rest(parser.keepAliveSeconds)) return;
    this.destroy();
  }

  /** Gives the bare socket away; it never returns to its pool. */
  detach(): Socket {
    this.#job = undefined;
    this.#parser = undefined;
    for (const event of OWN_EVENTS) this.socket.removeAllListeners(event);
    return this.socket;
  }

  destroy(): void {
    this.#job = undefined;
    this.socket.destroy();
  }

  #rest(keepAliveSeconds: number | undefined): boolean {
    const promised = (keepAliveSeconds ?? Number.POSITIVE_INFINITY) * 1000 - IDLE_MARGIN_MS;
    if (promised <= 0) return false;
    this.reused = true;
    if (this.socket.isPaused()) this.socket.resume();
    this.socket.setTimeout(Math.min(IDLE_MS, promised));
    return this.#address.keep(this);
  }

  #read(bytes: Buffer): void {
    // A service that speaks unasked would put its words before the next answer.
    if (this.#parser === undefined) {
      this.destroy();
      return;
    }
    try {
      this.#parser.push(bytes);
      this.#job?.caughtUp();
    } catch (error) {
      this.#fail('broken', error as Error);
    }
  }

  #ended(): void {
    if (this.#parser?.finish()) this.destroy();
    else this.#fail('broken', undefined);
  }

  #timedOut(): void {
    if (this.#job === undefined) this.destroy();
    else if (!this.#connected) this.#fail('connect_timeout', undefined);
    else if (!this.#job.idle()) this.#fail('timeout', undefined);
  }

  #kind(error: NodeJS.ErrnoException): Failure {
    if (this.#connected) return 'broken';
    if (error.syscall === 'getaddrinfo') return 'unresolved';
    return error.code === 'ETIMEDOUT' ? 'connect_timeout' : 'unreachable';
  }

  #fail(failure: Failure, cause: Error | undefined): void {
    const job = this.#job;
    this.#address.drop(this);
    if (job !== undefined) this.#address.avoid(failure);
    this.destroy();
    job?.failed(failure, cause);
  }
}
