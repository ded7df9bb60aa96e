import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

const LINE_END = '\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * A body on its way from the client to the service while it comes, as fast as the service reads.
 * One without a declared length goes on in chunks, and its trailers end here, as they do in nginx.
 */
export class Upload {
  readonly #exchange: Exchange;
  readonly #tooLarge: () => void;
  #socket: Socket | undefined;
  #left: number;
  #sent = false;

  /** `tooLarge` is called once, when more comes than the route allows. */
  constructor(exchange: Exchange, tooLarge: () => void) {
    this.#exchange = exchange;
    this.#tooLarge = tooLarge;
    this.#left = exchange.bodyLimit ?? Number.POSITIVE_INFINITY;
  }

  /** The service has the whole body, or will have it. */
  get sent(): boolean {
    return this.#sent;
  }

  start(socket: Socket, whole: () => void): void {
    const { request, beginning = [] } = this.#exchange;
    this.#socket = socket;
    for (const chunk of beginning) this.#pass(chunk);
    this.#exchange.beginning = undefined;
    request.on('data', (chunk: Buffer) => this.#pass(chunk));
    request.once('end', () => {
      this.#sent = true;
      if (this.#socket === undefined) return;
      if (this.#exchange.head.chunked) this.#socket.write(LAST_CHUNK);
      whole();
    });
    if (!socket.writableNeedDrain) request.resume();
  }

  #pass(chunk: Buffer): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const { head, request } = this.#exchange;
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.stop();
      this.#tooLarge();
      return;
    }
    if (head.chunked) {
      socket.cork();
      socket.write(chunk.length.toString(16) + LINE_END, 'latin1');
      socket.write(chunk);
      socket.write(LINE_END, 'latin1');
      socket.uncork();
    } else socket.write(chunk);
    if (socket.writableNeedDrain) request.pause();
  }

  drained(): void {
    if (this.#socket !== undefined) this.#exchange.request.resume();
  }

  /** Nobody wants the rest: it is read and thrown away, so that the connection can go on. */
  stop(): void {
    this.#socket = undefined;
    this.#exchange.request.resume();
  }
}
