import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { findFreePort } from '../conformance/ports.ts';
import { readEnvironment } from '../src/environment.ts';
import {
  Cleanup,
  oneService,
  recordingLogger,
  startGateway,
  startRawService,
  startService,
} from './support.ts';

const cleanup = new Cleanup();

afterEach(() => cleanup.run());

function ask(gateway: number, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway}/s/x`, init);
}

/** The texts of so many answers, one after the other. */
async function textsOf(gateway: number, count: number, init: RequestInit = {}): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(await (await ask(gateway, init)).text());
  return texts;
}

const named = (name: string) =>
  startService(cleanup, (request, response) => {
    request.resume();
    request.on('end', () => response.end(name));
  });

test('the addresses of a service are asked in turn', async () => {
  const gateway = await startGateway(cleanup, [await named('a'), await named('b')]);
  expect((await textsOf(gateway, 4)).sort()).toEqual(['a', 'a', 'b', 'b']);
});

test.each(['GET', 'POST'])('a %s that an address refuses goes to the next one', async (method) => {
  const closed = [await findFreePort(), await findFreePort()];
  const { logger, lines } = recordingLogger();
  const gateway = await startGateway(cleanup, [...closed, await named('b')], { logger });
  const init = method === 'GET' ? { method } : { method, body: 'once' };
  expect(await textsOf(gateway, 6, init)).toEqual(Array(6).fill('b'));
  expect(lines.join()).not.toContain('upstream_failed');
});

test('a large upload whose first address is closed reaches the next one whole', async () => {
  const service = await startService(cleanup, async (request, response) => {
    let length = 0;
    for await (const piece of request) length += (piece as Buffer).length;
    response.end(String(length));
  });
  const gateway = await startGateway(cleanup, [await findFreePort(), service]);
  const body = 'x'.repeat(5_000_000);
  expect(await textsOf(gateway, 2, { method: 'POST', body })).toEqual(['5000000', '5000000']);
});

test('an address that cannot be resolved is passed over too', async () => {
  const upstreams = new Map([
    ['service:3000', ['no-such-host.invalid:1', `127.0.0.1:${await named('b')}`]],
  ]);
  const gateway = await startGateway(cleanup, 0, { upstreams });
  expect(await textsOf(gateway, 2, { method: 'POST', body: 'once' })).toEqual(['b', 'b']);
});

test('a POST that an address took and did not answer is not given to another', async () => {
  let taken = 0;
  const breaking = () =>
    startRawService(cleanup, (socket) => {
      socket.once('data', () => {
        taken++;
        socket.destroy();
      });
    });
  const gateway = await startGateway(cleanup, [await breaking(), await breaking()]);
  expect((await ask(gateway, { method: 'POST', body: 'once' })).status).toBe(502);
  expect(taken).toBe(1);
});

test('a service without retries is asked at one address', async () => {
  const config = oneService({ retries: 0 });
  const gateway = await startGateway(cleanup, [await findFreePort(), await named('b')], { config });
  expect((await ask(gateway)).status).toBe(502);
  // The address is known to be closed by now.
  expect(await textsOf(gateway, 3)).toEqual(['b', 'b', 'b']);
});

test('when all addresses refuse, each is asked once and the answer is a 502', async () => {
  const { logger, lines } = recordingLogger();
  const closed = [await findFreePort(), await findFreePort(), await findFreePort()];
  const gateway = await startGateway(cleanup, closed, { logger });
  expect((await ask(gateway, { method: 'POST', body: 'once' })).status).toBe(502);
  expect(lines.join()).toContain('"failure":"unreachable","attempts":3');
});

async function startServiceAt(port: number, name: string): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(name));
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
}

test('an address found closed is asked again when the others fail', async () => {
  const closing = new Cleanup();
  const back = await findFreePort();
  const other = await startService(closing, (_, response) => response.end('other'));
  const gateway = await startGateway(cleanup, [back, other]);
  expect(await textsOf(gateway, 2)).toEqual(['other', 'other']);
  await startServiceAt(back, 'back');
  await closing.run();
  expect(await textsOf(gateway, 2, { method: 'POST', body: 'x' })).toEqual(['back', 'back']);
});

/** A port at which connections are neither taken nor refused: its queue is full. */
async function startStuck(): Promise<number> {
  const port = await findFreePort();
  const listening = `require('node:net').createServer().listen(${port}, '127.0.0.1', 1, () =>
    process.stdout.write('listening'))`;
  const child = spawn(process.execPath, ['-e', listening], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.add(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
  for (const socket of waiting) socket.on('error', () => socket.destroy());
  cleanup.add(() => waiting.forEach((socket) => void socket.destroy()));
  return port;
}

test('an address that takes no connection in time is passed over, for a POST as well', async () => {
  const config = oneService({ connect_timeout: 300 });
  const gateway = await startGateway(cleanup, [await startStuck(), await named('b')], { config });
  const post = { method: 'POST', body: 'once' };
  expect(await textsOf(gateway, 20, post)).toEqual(Array(20).fill('b'));
});

/** Answers each request of a connection with `Connection: close`, and leaves it open. */
async function startLeaving(count: () => void): Promise<number> {
  return startRawService(cleanup, (socket: Socket) => {
    socket.on('data', () => {
      count();
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nleaving');
    });
  });
}

test('after `Connection: close` the connection is given up, even if it stays open', async () => {
  const seen = new Set<Socket>();
  const service = await startRawService(cleanup, (socket) => {
    socket.on('data', () => {
      seen.add(socket);
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  const gateway = await startGateway(cleanup, service);
  expect(await textsOf(gateway, 3, { method: 'POST', body: 'x' })).toEqual(['ok', 'ok', 'ok']);
  expect(seen.size).toBe(3);
});

test('an address that says that it closes is left to the others', async () => {
  let asked = 0;
  const leaving = await startLeaving(() => {
    asked++;
  });
  const gateway = await startGateway(cleanup, [leaving, await named('b')]);
  expect(await textsOf(gateway, 6)).toEqual(['leaving', ...Array(5).fill('b')]);
  expect(asked).toBe(1);
});

test('idle connections to an address that says that it closes are given up at once', async () => {
  const open = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let answers = 'keep-alive';
  let together = 5;
  const service = await startRawService(cleanup, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Each on a connection of its own: nobody is answered before all are here.
    socket.on('data', () => {
      const head = `HTTP/1.1 200 OK\r\nConnection: ${answers}\r\nContent-Length: 2\r\n\r\nok`;
      waiting.push(() => socket.write(head));
      if (waiting.length === together) for (const answer of waiting.splice(0)) answer();
    });
  });
  const gateway = await startGateway(cleanup, service);
  await Promise.all(Array.from({ length: 5 }, async () => (await ask(gateway)).text()));
  expect(open.size).toBe(5);
  together = 1;
  answers = 'close';
  await (await ask(gateway)).text();
  while (open.size > 0) await once([...open][0] as Socket, 'close');
});

test('the addresses of a host are given with bars between them', () => {
  const { GATEWAY_UPSTREAMS } = readEnvironment({
    GATEWAY_CONFIG: 'kong.yml',
    GATEWAY_PORT: '8000',
    GATEWAY_UPSTREAMS: 'auth:3000=127.0.0.1:1|127.0.0.1:2,clients:3000=127.0.0.1:3',
  });
  expect([...GATEWAY_UPSTREAMS]).toEqual([
    ['auth:3000', ['127.0.0.1:1', '127.0.0.1:2']],
    ['clients:3000', ['127.0.0.1:3']],
  ]);
});
