import type { IncomingMessage, ServerResponse } from 'node:http';

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

/**
 * Cuts a client that takes no byte of an answer for so long, once all of it is written: nobody waits
 * for it any more, and only the buffers of its connection are held. Node's timeout counts from the
 * last byte that went, and is set anew when the answer has gone.
 */
export function limitReadTime(response: ServerResponse, read_ms: number): void {
  if (!response.writableFinished) response.socket?.setTimeout(read_ms);
}
