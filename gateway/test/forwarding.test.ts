import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, get, request } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { findFreePort } from '../conformance/ports.ts';
import {
  Cleanup,
  eventually,
  exchange,
  oneService,
  recordingLogger,
  startGateway,
  startRawService,
  startService,
} from './support.ts';

const MEGABYTE = 2 ** 20;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

function ask(port: number, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/s/x`, init);
}

/** A service that treats each request by its turn; the bodies of its requests must be short. */
async function startScript(...turns: ((socket: Socket) => void)[]) {
  const requests: string[] = [];
  const port = await startRawService(cleanup, (socket) => {
    socket.on('data', (bytes) => {
      requests.push(bytes.toString('latin1'));
      (turns[requests.length - 1] ?? turns.at(-1))?.(socket);
    });
  });
  return { port, requests };
}

const reset = (socket: Socket) => socket.destroy();
const silence = () => undefined;
const answer = (socket: Socket) => socket.write(OK);

/** A limit for all bodies. */
const limitedTo = (megabytes: number) => ({
  plugins: [{ name: 'request-size-limiting', config: { allowed_payload_size: megabytes } }],
});

test('a large download passes with flat memory and unharmed', async () => {
  // So much that what the collector has not come to yet is small beside it.
  const megabytes = 768;
  const chunk = Buffer.alloc(MEGABYTE, 'd');
  const service = await startService(cleanup, async (_, response) => {
    response.writeHead(200, { 'Content-Length': megabytes * MEGABYTE });
    for (let i = 0; i < megabytes; i++) {
      if (!response.write(chunk)) await once(response, 'drain');
    }
    response.end();
  });
  const gateway = await startGateway(cleanup, service);
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  let length = 0;
  const body = (await ask(gateway)).body as ReadableStream<Uint8Array>;
  for await (const piece of body) {
    length += piece.length;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }
  expect(length).toBe(megabytes * MEGABYTE);
  expect(peak).toBeLessThan((megabytes / 2) * MEGABYTE);
});

test('a service is held back while the client does not read', async () => {
  let written = 0;
  const service = await startService(cleanup, async (incoming, response) => {
    if (incoming.url === '/quick') return void response.end('quick');
    const chunk = Buffer.alloc(MEGABYTE / 4);
    for (; written < 64 * MEGABYTE; written += chunk.length) {
      if (!response.write(chunk)) await once(response, 'drain');
    }
    response.end();
  });
  const gateway = await startGateway(cleanup, service);
  const [slow] = (await once(
    get({ port: gateway, host: '127.0.0.1', path: '/s/x', agent: false }),
    'response',
  )) as [IncomingMessage];
  // Meanwhile others are served, many times over.
  for (let i = 0; i < 200; i++) await (await fetch(`http://127.0.0.1:${gateway}/s/quick`)).text();
  expect(written).toBeLessThan(32 * MEGABYTE);
  let length = 0;
  for await (const piece of slow) length += (piece as Buffer).length;
  expect(length).toBe(64 * MEGABYTE);
});

test('thousands of small chunks that come at once all arrive', async () => {
  const chunks = '1\r\nx\r\n'.repeat(200_000);
  const { port } = await startScript((socket) =>
    socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
  );
  const text = await (await ask(await startGateway(cleanup, port))).text();
  expect(text).toHaveLength(200_000);
});

test('a large upload is streamed, and held back while the service does not read', async () => {
  let received: IncomingMessage | undefined;
  const service = await startService(cleanup, (incoming, response) => {
    if (incoming.url === '/quick') return void response.end('quick');
    received = incoming;
    const hash = createHash('sha256');
    incoming.on('end', () => response.end(hash.digest('hex')));
    incoming.on('data', (piece) => hash.update(piece)).pause();
  });
  const gateway = await startGateway(cleanup, service);
  const upload = request({
    ...{ port: gateway, host: '127.0.0.1', path: '/s/x', method: 'PUT' },
    headers: { 'Content-Length': 64 * MEGABYTE },
  });
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
  const sentHash = createHash('sha256');
  let sent = 0;
  const sending = (async () => {
    for (const chunk = Buffer.alloc(MEGABYTE / 4, 'u'); sent < 64 * MEGABYTE; ) {
      sentHash.update(chunk);
      sent += chunk.length;
      if (!upload.write(chunk)) await once(upload, 'drain');
    }
    upload.end();
  })();
  await eventually(() => received !== undefined, 'the service hears of the upload');
  for (let i = 0; i < 200; i++) await (await fetch(`http://127.0.0.1:${gateway}/s/quick`)).text();
  expect(sent).toBeLessThan(32 * MEGABYTE);
  received?.resume();
  await sending;
  const [response] = await answered;
  expect((await response.toArray()).join('')).toBe(sentHash.digest('hex'));
});

test('an event stream is there before its first event', async () => {
  let speak = () => undefined as unknown;
  const service = await startService(cleanup, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    speak = () => response.end('data: 1\n\n');
  });
  const response = await ask(await startGateway(cleanup, service));
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  speak();
  expect(await response.text()).toBe('data: 1\n\n');
});

test('a client that goes away takes its request with it', async () => {
  const seen: string[] = [];
  const service = await startService(cleanup, (incoming, response) => {
    seen.push('asked');
    incoming.resume();
    response.once('close', () => seen.push('gone'));
  });
  const gateway = await startGateway(cleanup, service);
  const abort = new AbortController();
  const asking = ask(gateway, { signal: abort.signal }).catch((error: Error) => error.name);
  await eventually(() => seen.length === 1, 'the service is asked');
  abort.abort();
  expect(await asking).toBe('AbortError');
  await eventually(() => seen.length === 2, 'the request at the service ends');
});

test('a client that goes away in the middle of an answer ends the answer', async () => {
  let closed = false;
  const service = await startService(cleanup, (_, response) => {
    response.once('close', () => {
      closed = true;
    });
    response.write('first');
  });
  const gateway = await startGateway(cleanup, service);
  const response = await ask(gateway);
  await response.body?.cancel();
  await eventually(() => closed, 'the answer of the service ends');
});

test('a service that is down is tried again and then is a 502', async () => {
  const { logger, lines } = recordingLogger();
  const gateway = await startGateway(cleanup, await findFreePort(), { logger });
  expect((await ask(gateway, { method: 'POST', body: '{}' })).status).toBe(502);
  expect(lines.join()).toContain('"failure":"unreachable","attempts":2');
});

test.each(['GET', 'PUT', 'DELETE'])('a %s that got no answer is asked again', async (method) => {
  const { port, requests } = await startScript(reset, answer);
  const body = method === 'GET' ? {} : { body: 'twice' };
  const response = await ask(await startGateway(cleanup, port), { method, ...body });
  expect([response.status, requests.length]).toEqual([200, 2]);
  expect(requests[1]).toBe(requests[0]);
});

test.each(['POST', 'PATCH'])('a %s that got no answer is not asked again', async (method) => {
  const { port, requests } = await startScript(reset, answer);
  const response = await ask(await startGateway(cleanup, port), { method, body: 'once' });
  expect([response.status, requests.length]).toEqual([502, 1]);
});

test('an error that the service answered is not asked again', async () => {
  const { port, requests } = await startScript((socket) =>
    socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'),
  );
  expect((await ask(await startGateway(cleanup, port))).status).toBe(503);
  expect(requests).toHaveLength(1);
});

test('a connection that the service gave up meanwhile costs a GET nothing', async () => {
  // The second request meets the close; without retries it still reaches a new connection.
  const { port, requests } = await startScript(answer, reset, answer);
  const config = oneService({ retries: 0 });
  const gateway = await startGateway(cleanup, port, { config });
  expect((await ask(gateway)).status).toBe(200);
  expect((await ask(gateway)).status).toBe(200);
  expect(requests).toHaveLength(3);
});

test('connections to a service are kept and used again', async () => {
  const ports = new Set<number | undefined>();
  const service = await startService(cleanup, (incoming, response) => {
    ports.add(incoming.socket.remotePort);
    response.end('ok');
  });
  const gateway = await startGateway(cleanup, service);
  for (let i = 0; i < 5; i++) await (await ask(gateway)).text();
  expect(ports.size).toBe(1);
});

test('a service that does not answer in time is a 504', async () => {
  const { port, requests } = await startScript(silence);
  const config = oneService({ read_timeout: 50 });
  const gateway = await startGateway(cleanup, port, { config });
  expect((await ask(gateway)).status).toBe(504);
  expect(requests).toHaveLength(2);
  expect((await ask(gateway, { method: 'POST', body: '{}' })).status).toBe(504);
  expect(requests).toHaveLength(3);
});

test('a service that falls silent in the middle of its answer is cut off', async () => {
  const { port } = await startScript((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
  );
  const config = oneService({ read_timeout: 50 });
  const gateway = await startGateway(cleanup, port, { config });
  const text = await exchange(gateway, 'GET /s/x HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\nhalf$/s);
});

test('an answer before the end of the upload arrives, and its connection is given up', async () => {
  const ports: (number | undefined)[] = [];
  const service = await startService(cleanup, (incoming, response) => {
    ports.push(incoming.socket.remotePort);
    response.writeHead(413).end('too much');
  });
  const gateway = await startGateway(cleanup, service);
  const body = 'x'.repeat(8 * MEGABYTE);
  const agent = new Agent({ keepAlive: true });
  for (let i = 0; i < 2; i++) {
    const upload = request({
      ...{ port: gateway, host: '127.0.0.1', path: '/s/x', method: 'POST', agent },
      headers: { 'Content-Length': body.length },
    });
    upload.end(body);
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    await response.toArray();
  }
  agent.destroy();
  expect(new Set(ports).size).toBe(2);
});

test('a chunked body above the limit does not reach the service', async () => {
  const { port, requests } = await startScript(answer);
  const gateway = await startGateway(cleanup, port, { config: oneService({}, limitedTo(1)) });
  const pieces = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`.repeat(17);
  const head = 'POST /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
  const text = await exchange(
    gateway,
    `${head}Transfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`,
  );
  expect(text).toMatch(/^HTTP\/1.1 413 /);
  expect(requests).toEqual([]);
});

test('a gateway that stops finishes what it began', async () => {
  const sockets: Socket[] = [];
  const service = await startRawService(cleanup, (socket) => {
    socket.on('data', () => sockets.push(socket));
  });
  const closing = new Cleanup();
  const gateway = await startGateway(closing, service);
  const asking = ask(gateway);
  await eventually(() => sockets.length === 1, 'the service is asked');
  const stopped = closing.run();
  sockets[0]?.write(OK);
  const response = await asking;
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
  await stopped;
  await expect(ask(gateway)).rejects.toThrow();
});
