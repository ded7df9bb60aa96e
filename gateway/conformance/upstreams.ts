import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { claimPort, findFreePort } from './ports.ts';
import { answerUpgrade } from './websocket.ts';

/** What a service saw of a request. */
export type Seen = {
  port: number;
  method: string;
  url: string;
  headers: string[];
  bodyLength: number;
};

export type Upstreams = {
  /** Since the last time, in order. */
  takeSeen(): Seen[];
  /** The recording's `host:port` and where it is really found. */
  addresses: Map<string, string[]>;
  close(): Promise<void>;
};

type Answerer = (response: ServerResponse) => void;

/** In chunks, as the recording's services wrote everything without a stated length. */
function text(status: number, body: string | Buffer, ...headers: string[]): Answerer {
  return (response) => {
    response.writeHead(status, headers);
    response.write(body);
    response.end();
  };
}

function typed(type: string): Answerer {
  return text(200, 'typed', 'Content-Type', type);
}

function inPieces(type: string, pieces: string[], ...headers: string[]): Answerer {
  return (response) => {
    response.writeHead(200, ['Content-Type', type, ...headers]);
    const next = () => {
      const piece = pieces.shift();
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(next));
    };
    next();
  };
}

function cut(...headers: string[]): Answerer {
  return (response) => {
    response.writeHead(200, ['Content-Type', 'text/plain', ...headers]);
    response.write('0123456789', () => response.socket?.destroySoon());
  };
}

const HOP = [
  ...['Connection', 'X-Inner, keep-alive', 'X-Inner', '1', 'Keep-Alive', 'timeout=5'],
  ...['Trailer', 'X-Sum', 'Proxy-Authenticate', 'Basic realm="p"'],
  ...['Proxy-Connection', 'keep-alive', 'X-Powered-By', 'upstream', 'Server', 'upstream/1.0'],
  ...['Via', '1.1 inner', 'X-Kong-Request-Id', 'mine', 'X-Kong-Upstream-Latency', '7'],
  ...['X-Request-ID', 'mine', 'X-RateLimit-Limit-Minute', '5', 'Refresh', '1'],
  ...['Set-Cookie', 'a=1; Path=/', 'Set-Cookie', 'b=2; HttpOnly', 'Transfer-Encoding', 'chunked'],
];
const ACCEL = ['X-Accel-Buffering', 'no', 'X-Accel-Expires', '0', 'X-Accel-Charset', 'utf-8'];
const ETAG = ['ETag', '"v1"', 'Last-Modified', 'Sat, 01 Jan 2022 00:00:00 GMT'];
const CORS = [
  ...['Access-Control-Allow-Origin', '*', 'Access-Control-Allow-Credentials', 'false'],
  ...['Access-Control-Expose-Headers', 'X-Own', 'Vary', 'Accept-Encoding'],
];
const LARGE_BYTES = 3 * 2 ** 20;
const PLAIN = ['Content-Type', 'text/plain'];

/** The paths under /do/ that do not echo. */
const ANSWERS: Record<string, Answerer> = {
  notfound: text(404, '{"detail":"no such charter"}', 'Content-Type', 'application/problem+json'),
  error: text(500, 'boom from upstream\n', ...PLAIN),
  badgateway: text(502, 'upstream says 502\n', ...PLAIN),
  hop: text(200, 'hop', ...HOP),
  accel: text(200, 'accel', 'Content-Type', 'text/plain; charset=utf-8', ...ACCEL),
  redirect: text(302, '', 'Location', 'http://127.0.0.1:19002/elsewhere'),
  'not-modified': (response) => response.writeHead(304, ['ETag', '"v1"']).end(),
  etag: text(200, '0123456789', ...PLAIN, ...ETAG, 'Accept-Ranges', 'bytes'),
  'no-date': (response) => {
    response.sendDate = false;
    text(200, 'nd')(response);
  },
  gzip: (response) => text(200, gzipSync('hello'), ...PLAIN, 'Content-Encoding', 'gzip')(response),
  large: (response) => {
    const type = 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': LARGE_BYTES });
    response.end(Buffer.alloc(LARGE_BYTES, 'x'));
  },
  'large-chunked': (response) => {
    text(200, Buffer.alloc(LARGE_BYTES, 'y'), 'Content-Type', 'application/octet-stream')(response);
  },
  slow: (response) => inPieces('text/plain', ['chunk1\n', 'chunk2\n', 'chunk3\n'])(response),
  sse: (response) => {
    const events = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'];
    const headers = ['Cache-Control', 'no-cache', 'X-Accel-Buffering', 'no'];
    inPieces('text/event-stream', events, ...headers)(response);
  },
  early: (response) => response.writeHead(200, [...PLAIN, 'Content-Length', '2']).end('ok'),
  'cut-length': cut('Content-Length', '100'),
  'cut-chunked': cut('Transfer-Encoding', 'chunked'),
  'no-answer': (response) => response.destroy(),
  garbage: (response) => response.socket?.end('this is not http at all\r\n\r\n'),
  'own-cors': text(200, 'cors', ...PLAIN, ...CORS),
  'type-html': typed('text/html'),
  'type-js': typed('application/javascript'),
  'type-xml': typed('application/xml'),
  'type-svg': typed('image/svg+xml'),
  'type-html-charset': typed('text/html; charset=iso-8859-1'),
  'type-no-type': text(200, 'typed'),
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const name = /^\/do\/([a-z-]+)$/.exec(request.url as string)?.[1];
  const answerer = name === undefined ? undefined : ANSWERS[name];
  const echo = JSON.stringify({ url: request.url, headers: request.rawHeaders });
  const echoes = text(200, echo, 'Content-Type', 'application/json', 'X-Upstream-Echo', '1');
  (answerer ?? echoes)(response);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * The services of the recording: 19001 and 19002 echo, 19003 never answers, 19009 is dead. With
 * `fixed` they stand on these very ports, for a Kong that knows no others.
 */
export async function startUpstreams(fixed: boolean): Promise<Upstreams> {
  let seen: Seen[] = [];
  const servers: Server[] = [];
  const upgraded = new Set<Socket>();
  const addresses = new Map<string, string[]>();
  for (const port of [19001, 19002, 19003]) {
    const see = (request: IncomingMessage): Seen => {
      const sighting = {
        port,
        method: request.method as string,
        url: request.url as string,
        headers: request.rawHeaders,
        bodyLength: 0,
      };
      seen.push(sighting);
      return sighting;
    };
    const server = createServer(async (request, response) => {
      const sighting = see(request);
      for await (const chunk of request) sighting.bodyLength += (chunk as Buffer).length;
      if (port !== 19003) answer(request, response);
    });
    server.on('upgrade', (request, socket) => {
      see(request);
      upgraded.add(socket as Socket);
      answerUpgrade(request, socket as Socket);
    });
    server.keepAliveTimeout = 60_000;
    servers.push(server);
    if (fixed) await listen(server, port);
    else {
      const claimed = await claimPort((candidate) => listen(server, candidate));
      addresses.set(`127.0.0.1:${port}`, [`127.0.0.1:${claimed}`]);
    }
  }
  if (!fixed) addresses.set('127.0.0.1:19009', [`127.0.0.1:${await findFreePort()}`]);
  return {
    addresses,
    takeSeen() {
      const taken = seen;
      seen = [];
      return taken;
    },
    async close() {
      for (const socket of upgraded) socket.destroy();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
