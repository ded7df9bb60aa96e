import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';

/** A chunked body declares no length. So much of it is read first, to send it with one. */
const CHUNKED_AHEAD_BYTES = 1_048_576;
/** Of all bodies together that are still being read: slow clients shall not fill the memory. */
const READING_BYTES = 67_108_864;

const reading = { bytes: 0 };

type Beginning = { chunks: Buffer[]; length: number; complete: boolean };

/**
 * Reads a body until it ends or is longer than `atMost` bytes; the rest then waits. A client that
 * goes away rejects.
 */
function readBeginning(request: IncomingMessage, atMost: number): Promise<Beginning> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = () => {
      reading.bytes -= length;
      request.off('data', take).off('end', end).off('error', fail).off('close', fail);
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      reading.bytes += chunk.length;
      if (length <= atMost && reading.bytes <= READING_BYTES) return;
      stop();
      request.pause();
      resolve({ chunks, length, complete: false });
    };
    const end = () => {
      stop();
      resolve({ chunks, length, complete: true });
    };
    const fail = () => {
      stop();
      reject(new Error('the client went away'));
    };
    request.on('data', take).once('end', end).once('error', fail).once('close', fail);
  });
}

/**
 * Reads a body into `exchange.body`, or its first bytes into `exchange.beginning` where there are
 * more than `atMost`.
 */
export async function readAhead(exchange: Exchange, atMost: number): Promise<void> {
  const { chunks, complete } = await readBeginning(exchange.request, atMost);
  if (!complete) exchange.beginning = chunks;
  else exchange.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Gives a chunked body a length as Kong does, unless it is long or the route wants it streamed.
 * False says that it is longer than the route allows.
 */
export async function measureChunked(exchange: Exchange): Promise<boolean> {
  const { bodyLimit = Number.POSITIVE_INFINITY, route } = exchange;
  const read = exchange.body !== undefined || exchange.beginning !== undefined;
  if (read || route?.requestBuffering === false) return true;
  await readAhead(exchange, Math.min(bodyLimit, CHUNKED_AHEAD_BYTES));
  const { beginning = [], request } = exchange;
  if (beginning.reduce((length, chunk) => length + chunk.length, 0) <= bodyLimit) return true;
  // The rest is read and thrown away, so that the connection can be used again.
  request.resume();
  return false;
}
