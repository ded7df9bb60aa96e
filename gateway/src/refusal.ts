import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, reasonPhrase } from './error-answer.ts';
import { type Headers, headerLines } from './headers.ts';

/** The status that nginx gives for what Node's parser refuses. */
export function statusOf(error: NodeJS.ErrnoException): number {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 494;
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

/** Writes an answer where there is no request to answer to, and closes the connection. */
export function refuse(socket: Duplex, answer: Answer, headers: Headers): void {
  const reason = reasonPhrase(answer.status) ?? STATUS_CODES[answer.status];
  const date = new Date().toUTCString();
  const head = `HTTP/1.1 ${answer.status} ${reason}\r\nDate: ${date}\r\n${headerLines(headers)}`;
  // Node has let go of the socket of a CONNECT: an error that nobody hears would end the process.
  socket.on('error', () => socket.destroy());
  socket.end(`${head}\r\n${answer.body}`, 'latin1', () => socket.destroy());
}
