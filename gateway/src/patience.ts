import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { hasBody } from './request-head.ts';

/** How long a client may take. */
export type Patience = {
  head_ms: number;
  /** For a body; more for a large one. */
  request_ms: number;
  /** Without taking a byte of an answer that is ready. */
  read_ms: number;
  /** For everything that is not at its end when the gateway stops. */
  drain_ms: number;
};

export const PATIENCE: Patience = {
  head_ms: 10_000,
  request_ms: 30_000,
  read_ms: 30_000,
  drain_ms: 10_000,
};

/** A body up to here has the time that every request has. */
const SMALL_BYTES = 1_048_576;
/** A longer one must come at 1 Mbit/s from there on, as a slow line still does. */
const BYTES_PER_MS = 131;
/**
 * Calls `expired` when a client takes too long over its body: `patience_ms` for the first MiB and a
 * second for each further 128 KiB that came. So only routes that allow large bodies wait longer,
 * and only for a client that really sends. While the body is held back the client is not waited
 * for: that is the service's time.
 */
export function limitBodyTime(
  request: IncomingMessage,
  patience_ms: number,
  expired: () => void,
): void {
  const { socket } = request;
  const bytesBefore = socket.bytesRead;
  let startedAt = performance.now();
  let pausedAt: number | undefined;
  let due = false;
  let timer = setTimeout(check, patience_ms).unref();

  function check(): void {
    due = pausedAt !== undefined;
    if (due || request.complete) return;
    const large = Math.max(0, socket.bytesRead - bytesBefore - SMALL_BYTES);
    const left = startedAt + patience_ms + large / BYTES_PER_MS - performance.now();
    if (left > 0) timer = setTimeout(check, left).unref();
    else expired();
  }

  request.on('pause', () => {
    pausedAt ??= performance.now();
  });
  request.on('resume', () => {
    if (pausedAt !== undefined) startedAt += performance.now() - pausedAt;
    pausedAt = undefined;
    if (due) check();
  });
  request.once('close', () => clearTimeout(timer));
}

/** nginx's `lingering_timeout`: a client that sends no more by then has heard its answer. */
const LINGER_MS = 5000;

type End = { last: Buffer | string | undefined; closes: boolean; read_ms: number };

/**
 * Ends an answer. A connection that closes after it waits until the client has sent the rest of its
 * body, which is thrown away: closed at once it would be reset, and the answer lost with it (nginx:
 * `lingering_close`). A client that takes no byte of the answer for `read_ms` is cut.
 */
export function endAnswer({ request, response, head }: Exchange, { last, closes, read_ms }: End) {
  const lingers = closes && hasBody(head) && !request.complete;
  if (lingers) {
    if (last === undefined) response.flushHeaders();
    else response.write(last);
    request.once('close', () => response.end()).resume();
  } else response.end(last);
  if (response.writableFinished || response.socket === null) return;
  const { socket } = response;
  // Node counts from the last byte that went. The next answer has a time of its own.
  socket.setTimeout(lingers ? Math.min(LINGER_MS, read_ms) : read_ms);
  response.prependOnceListener('finish', () => socket.setTimeout(0));
}
