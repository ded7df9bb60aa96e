import { connect, type Socket } from 'node:net';
import { type ResponseHead, ResponseParser } from '../src/response-parser.ts';
import { expand, type RecordedCase } from './recording.ts';
import { clientFrame, serverFrame } from './websocket.ts';

/** An answer as a client saw it. */
export type Received = {
  head: ResponseHead | undefined;
  body: Buffer;
  interim: boolean;
  truncated: boolean;
  connection: 'open' | 'closed';
  /** Of a WebSocket: whether the service said again what it heard. */
  echoed: boolean;
};

const ANSWER_DEADLINE_MS = 15_000;
const CLOSE_DEADLINE_MS = 2000;

function chunked(body: string, size: number): string {
  let framed = '';
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    framed += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${framed}0\r\n\r\n`;
}

function bodyText(description: string): string {
  if (description === 'none') return '';
  if (description === 'chunked, zero bytes') return chunked('', 1);
  const bytes = /^(\d+) bytes of (.)(, chunked)?/.exec(description);
  if (bytes !== null) {
    const body = (bytes[2] as string).repeat(Number(bytes[1]));
    return bytes[3] === undefined ? body : chunked(body, 65_536);
  }
  const [, exact = '', size] =
    /^exactly: (.*?)(?:, sent chunked in pieces of (\d+))?$/.exec(description) ?? [];
  const body = exact.replaceAll('\\r\\n', '\r\n');
  return size === undefined ? body : chunked(body, Number(size));
}

function requestText({ request }: RecordedCase): { text: string; unsent: number } {
  const body = bodyText(request.body_description);
  const headers = request.headers.map(([name, value]) => `${name}: ${expand(value)}\r\n`).join('');
  const line = `${request.method} ${expand(request.path)} HTTP/${request.version ?? '1.1'}`;
  const declared = request.headers.find(([name]) => name === 'Content-Length')?.[1] ?? '0';
  const unsent = request.body_description === 'none' ? Math.max(0, Number(declared)) : 0;
  return { text: `${line}\r\n${headers}\r\n${body}`, unsent };
}

function closed(socket: Socket): Promise<boolean> {
  if (socket.closed) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), CLOSE_DEADLINE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** Whether a second request on the connection is answered: what "open" means to a client. */
function answersAgain(socket: Socket, unsent: number): Promise<boolean> {
  if (socket.destroyed || socket.readableEnded) return Promise.resolve(false);
  return new Promise((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    socket.write('z'.repeat(unsent));
    socket.write('GET /nope HTTP/1.1\r\nHost: probe\r\n\r\n');
  });
}

function receive(
  socket: Socket,
  recorded: RecordedCase,
): Promise<Omit<Received, 'connection' | 'echoed'>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let head: ResponseHead | undefined;
    let interim = false;
    const give = (truncated: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners('data');
      resolve({ head, body: Buffer.concat(chunks), interim, truncated });
    };
    const listener = {
      head: (received: ResponseHead) => {
        head = received;
      },
      data: (chunk: Buffer) => chunks.push(chunk),
      end: () => give(false),
      switched: (received: ResponseHead) => {
        head = received;
        give(false);
      },
    };
    const parser = new ResponseParser(recorded.request.method, listener, true);
    const timer = setTimeout(() => reject(new Error('no answer')), ANSWER_DEADLINE_MS);
    socket.on('data', (bytes: Buffer) => {
      if (head === undefined) interim ||= bytes.toString('latin1').startsWith('HTTP/1.1 100');
      parser.push(bytes);
    });
    socket.once('end', () => {
      if (!parser.finish()) give(true);
    });
    socket.once('error', () => give(true));
  });
}

/** Says something on a WebSocket, and waits for as much to come back. */
function echoes(socket: Socket, { sent, received }: { sent: string; received: string }) {
  const expected = serverFrame(received);
  return new Promise<boolean>((resolve) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= expected.length) resolve(bytes.equals(expected));
    });
    socket.once('close', () => resolve(false));
    socket.write(clientFrame(sent));
  });
}

/** Sends the request of a recorded case, byte for byte, on a connection of its own. */
export async function send(recorded: RecordedCase, base: URL): Promise<Received> {
  const socket = connect({ host: base.hostname, port: Number(base.port), noDelay: true });
  const { text, unsent } = requestText(recorded);
  try {
    socket.write(text, 'latin1');
    const received = await receive(socket, recorded);
    if (received.head?.status === 101 && recorded.websocket !== undefined) {
      const echoed = await echoes(socket, recorded.websocket);
      return { ...received, echoed, connection: socket.closed ? 'closed' : 'open' };
    }
    const open =
      recorded.response.connection_after === 'open'
        ? await answersAgain(socket, unsent)
        : !(await closed(socket));
    return { ...received, echoed: false, connection: open ? 'open' : 'closed' };
  } finally {
    socket.destroy();
  }
}
