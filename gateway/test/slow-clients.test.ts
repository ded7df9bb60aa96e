import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { Cleanup, exchange, startGateway, startService } from './support.ts';

/** More than the buffers of the connections on its way take. */
const LARGE = Buffer.alloc(24 * 2 ** 20);
const MIDDLING = Buffer.alloc(60_000);
const PATIENCE = { head_ms: 1500, request_ms: 2000, read_ms: 1000 };
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

/** Answers at once, and at length to whoever asks for it. */
async function start(): Promise<number> {
  const service = await startService(cleanup, (request, response) => {
    const answers: Record<string, Buffer> = { '/large': LARGE, '/middling': MIDDLING };
    const answer = answers[request.url as string] ?? 'quick';
    request.resume().once('end', () => response.end(answer));
  });
  const url = 'http://service:3000';
  const bulk = { name: 'bulk', url, read_timeout: 1000, routes: [{ name: 'b', paths: ['/b'] }] };
  const quick = { name: 'quick', url, routes: [{ name: 's', paths: ['/s'] }] };
  const config = stringify({ _format_version: '3.0', services: [quick, bulk] });
  return startGateway(cleanup, service, { config, patience: PATIENCE });
}

type Slow = { what: string; first: string; next: string };

const SLOW: Slow[] = [
  { what: 'head', first: 'GET /s/x HTTP/1.1\r\nHost: a\r\n', next: 'X-A: b\r\n' },
  {
    what: 'short body',
    first: 'PUT /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n',
    next: 'x',
  },
  {
    what: 'long body',
    first: 'PUT /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n',
    next: 'x',
  },
  {
    what: 'chunked body',
    first: 'PUT /s/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    next: '1\r\nx\r\n',
  },
];

/** Sends a little now and then; says how the connection ended. */
function trickle(gateway: number, { first, next }: Slow): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(gateway, '127.0.0.1');
    socket.write(first);
    const sending = setInterval(() => socket.write(next), 200);
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(sending);
      resolve(received);
    });
  });
}

/** Asks for much and reads nothing. */
function askAndWait(gateway: number, requests: string): Socket {
  const socket = connect(gateway, '127.0.0.1', () => socket.write(requests));
  socket.on('error', () => socket.destroy());
  cleanup.add(() => socket.destroy());
  return socket.pause();
}

/** What is still to come of a connection that nobody read from. */
async function leftOver(socket: Socket): Promise<number> {
  let length = 0;
  socket.on('data', (bytes: Buffer) => {
    length += bytes.length;
  });
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return length;
}

/** Times in ms of quick requests by ten callers, each until `done`, and at least twenty. */
async function quickly(gateway: number, done: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const caller = async () => {
    for (let turn = 0; turn < 20 || !done(); turn++) {
      const sentAt = performance.now();
      const asking = get({ port: gateway, host: '127.0.0.1', path: '/s/x', agent });
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      const text = (await response.toArray()).join('');
      expect([response.statusCode, text]).toEqual([200, 'quick']);
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: 10 }, caller));
  agent.destroy();
  return times;
}

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] as number;

test('500 slow clients are cut off, and all requests of the others succeed', async () => {
  const gateway = await start();
  // The first ones are slow in any case.
  await quickly(gateway, () => true);
  const before = median(await quickly(gateway, () => true));
  const readers = Array.from({ length: 60 }, () =>
    askAndWait(gateway, 'GET /b/large HTTP/1.1\r\nHost: a\r\n\r\n'),
  );
  const senders = Array.from({ length: 440 }, (_, i) => trickle(gateway, SLOW[i % 4] as Slow));
  let cut = false;
  const ended = Promise.all(senders).finally(() => {
    cut = true;
  });
  const during = await quickly(gateway, () => cut);
  const ratio = median(during) / before;
  const told = `${during.length} requests, median ${ratio.toFixed(2)} times as long`;
  process.stdout.write(`beside 500 slow clients: ${told}\n`);
  for (const answer of await ended) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  for (const reader of readers) expect(await leftOver(reader)).toBeLessThan(LARGE.length);
  expect(await quickly(gateway, () => true)).toHaveLength(200);
}, 240_000);

test('a client that does not read answers which are ready is cut off', async () => {
  const gateway = await start();
  const asked = 400;
  const reader = askAndWait(gateway, 'GET /b/middling HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(asked));
  await quickly(gateway, () => true);
  // Longer than any answer waits: then the connection is gone, and what was not taken with it.
  await new Promise((resolve) => setTimeout(resolve, PATIENCE.read_ms * 3));
  expect(await leftOver(reader)).toBeLessThan(asked * MIDDLING.length);
});

test('a client that read slowly may wait for its next answer as long as any other', async () => {
  let answerLate = () => undefined as unknown;
  const service = await startService(cleanup, (request, response) => {
    if (request.url === '/large') response.end(LARGE);
    else answerLate = () => response.end('late');
  });
  const gateway = await startGateway(cleanup, service, { patience: { read_ms: 400 } });
  const large = 'GET /s/large HTTP/1.1\r\nHost: a\r\n\r\n';
  const late = 'GET /s/late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const client = askAndWait(gateway, large + late);
  let left = LARGE.length;
  let end = '';
  client.on('data', (bytes: Buffer) => {
    if (left > 0 && left <= bytes.length) setTimeout(() => answerLate(), 1500);
    left -= bytes.length;
    end = bytes.toString('latin1').slice(-4);
    // A breath after each piece, so that the gateway has written all before it is read.
    client.pause();
    setImmediate(() => client.resume());
  });
  client.resume();
  await once(client, 'close');
  expect(end).toBe('late');
});

test('a large body may take longer than a small one, as long as it comes', async () => {
  const gateway = await start();
  const pieces = 24;
  const piece = 'x'.repeat(131_072);
  const length = pieces * piece.length;
  const socket = connect(gateway, '127.0.0.1');
  socket.write(
    `PUT /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
  );
  // Longer than `request_ms` in all.
  for (let sent = 0; sent < pieces; sent++) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 110));
  }
  expect((await socket.toArray()).join('')).toMatch(/^HTTP\/1\.1 200 /);
});

test('time that the service takes over a body is not the client’s', async () => {
  const service = await startService(cleanup, (request, response) => {
    setTimeout(() => request.resume(), PATIENCE.request_ms * 2);
    request.once('end', () => response.end('at last'));
  });
  const gateway = await startGateway(cleanup, service, { patience: PATIENCE });
  const body = 'x'.repeat(16_000_000);
  const length = `Content-Length: ${body.length}`;
  const head = `PUT /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}`;
  expect(await exchange(gateway, `${head}\r\n\r\n${body}`)).toMatch(/^HTTP\/1\.1 200 .*at last$/s);
});
