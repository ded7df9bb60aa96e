import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** RFC 6455, 1.3: what proves that the service read this handshake. */
const HANDSHAKE_ID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT_FRAME = 0x81;
const CLOSE_FRAME = 0x88;
const MASKED = 0x80;

/** A whole text message of up to 125 bytes as a server sends it (RFC 6455, 5.2). */
export function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([TEXT_FRAME, payload.length]), payload]);
}

/** The same as a client sends it: masked, here by a fixed mask. */
export function clientFrame(text: string): Buffer {
  const mask = Buffer.from('mask');
  const payload = Buffer.from(text).map((byte, at) => byte ^ (mask[at % 4] as number));
  return Buffer.concat([Buffer.from([TEXT_FRAME, MASKED | payload.length]), mask, payload]);
}

function readClientFrame(frame: Buffer): string {
  const mask = frame.subarray(2, 6);
  return frame
    .subarray(6)
    .map((byte, at) => byte ^ (mask[at % 4] as number))
    .toString();
}

/** Agrees to a handshake; of several protocols it takes the first. Without a date, as recorded. */
export function acceptWebSocket({ headers }: IncomingMessage, socket: Socket): void {
  const key = `${headers['sec-websocket-key']}${HANDSHAKE_ID}`;
  const [protocol] = headers['sec-websocket-protocol']?.split(', ') ?? [];
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  socket.on('error', () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** The recording's service: says again what it hears, and refuses one path. */
export function answerUpgrade(request: IncomingMessage, socket: Socket): void {
  if (request.url === '/refuse') {
    const head = 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 6';
    socket.end(`${head}\r\n\r\nno ws\n`);
    return;
  }
  acceptWebSocket(request, socket);
  socket.on('data', (frame: Buffer) => {
    if (frame[0] === CLOSE_FRAME) socket.end(Buffer.from([CLOSE_FRAME, 0]));
    else socket.write(serverFrame(readClientFrame(frame)));
  });
}
