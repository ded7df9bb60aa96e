import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { claimPort } from '../conformance/ports.ts';
import { acceptWebSocket, answerUpgrade } from '../conformance/websocket.ts';
import {
  Cleanup,
  eventually,
  exchange,
  oneService,
  recordingLogger,
  startGateway,
  startRawService,
} from './support.ts';

const MEGABYTE = 2 ** 20;
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HANDSHAKE =
  'GET /s/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

/** A service that agrees to every handshake and then does as it is told. */
async function startTalking(onOpen: (socket: Socket) => unknown): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => void response.end('plain'));
  server.on('upgrade', (request, socket) => {
    sockets.add(socket as Socket);
    acceptWebSocket(request, socket as Socket);
    onOpen(socket as Socket);
  });
  cleanup.add(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return claimPort((port) => once(server.listen(port, '127.0.0.1'), 'listening'));
}

/** A client whose handshake was agreed to; what came with the answer is put back. */
async function open(gateway: number): Promise<Socket> {
  const client = connect({ port: gateway, host: '127.0.0.1', allowHalfOpen: true });
  cleanup.add(() => client.destroy());
  client.write(HANDSHAKE);
  let head = Buffer.alloc(0);
  while (!head.includes('\r\n\r\n')) {
    await once(client, 'readable');
    head = Buffer.concat([head, client.read() ?? Buffer.alloc(0)]);
  }
  expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  client.unshift(head.subarray(head.indexOf('\r\n\r\n') + 4));
  return client;
}

/** Everything that is still to come. */
async function rest(socket: Socket): Promise<string> {
  return Buffer.concat(await socket.toArray()).toString();
}

test('a client of the language speaks with a service through the gateway', async () => {
  const server = createServer();
  server.on('upgrade', (request, socket) => answerUpgrade(request, socket as Socket));
  const service = await claimPort((port) => once(server.listen(port, '127.0.0.1'), 'listening'));
  cleanup.add(() => server.close());
  const gateway = await startGateway(cleanup, service);
  const client = new WebSocket(`ws://127.0.0.1:${gateway}/s/chat`, ['v1', 'v2']);
  await once(client, 'open');
  const heard: unknown[] = [];
  client.addEventListener('message', ({ data }) => heard.push(data));
  for (const word of ['one', 'two', 'three']) {
    client.send(word);
    await once(client, 'message');
  }
  expect([client.protocol, heard]).toEqual(['v1', ['one', 'two', 'three']]);
  client.close();
});

test('what the service says first is not lost, though it came with its answer', async () => {
  const service = await startRawService(cleanup, (socket) => {
    socket.once('data', () => socket.end(`${SWITCHING}first`));
  });
  const client = await open(await startGateway(cleanup, service));
  expect(await rest(client)).toBe('first');
});

test('a service is held back while the client does not read', async () => {
  let written = 0;
  const service = await startTalking(async (socket) => {
    const chunk = Buffer.alloc(MEGABYTE / 4, 'd');
    for (; written < 64 * MEGABYTE; written += chunk.length) {
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end();
  });
  const gateway = await startGateway(cleanup, service);
  const client = await open(gateway);
  client.pause();
  for (let i = 0; i < 200; i++) await (await fetch(`http://127.0.0.1:${gateway}/s/x`)).text();
  expect(written).toBeLessThan(32 * MEGABYTE);
  expect(await rest(client)).toHaveLength(64 * MEGABYTE);
});

test('a client is held back while the service does not read', async () => {
  let talking: Socket | undefined;
  const service = await startTalking((socket) => {
    talking = socket.pause();
  });
  const gateway = await startGateway(cleanup, service);
  const client = await open(gateway);
  let sent = 0;
  const sending = (async () => {
    const chunk = Buffer.alloc(MEGABYTE / 4, 'u');
    for (; sent < 64 * MEGABYTE; sent += chunk.length) {
      if (!client.write(chunk)) await once(client, 'drain');
    }
    client.end();
  })();
  for (let i = 0; i < 200; i++) await (await fetch(`http://127.0.0.1:${gateway}/s/x`)).text();
  expect(sent).toBeLessThan(32 * MEGABYTE);
  const received = rest(talking as Socket);
  await sending;
  expect(await received).toHaveLength(64 * MEGABYTE);
});

test('a client that has said all still hears the rest', async () => {
  const service = await startTalking((socket) => {
    let heard = '';
    socket.on('data', (words) => {
      heard += words;
    });
    socket.on('end', () => socket.end(`you said ${heard}`));
  });
  const client = await open(await startGateway(cleanup, service));
  client.end('goodbye');
  expect(await rest(client)).toBe('you said goodbye');
});

test('a service that dies takes the WebSocket with it, after its last words', async () => {
  const service = await startTalking((socket) => {
    socket.write('last words', () => socket.destroy());
  });
  const client = await open(await startGateway(cleanup, service));
  expect(await rest(client)).toBe('last words');
});

test.each([
  ['leaves', (socket: Socket) => void socket.destroy()],
  ['breaks down', (socket: Socket) => void socket.resetAndDestroy()],
])('a client that %s takes the WebSocket with it', async (_what, leave) => {
  let closed = false;
  const service = await startTalking((socket) => {
    socket.on('data', () => undefined).on('end', () => socket.end());
    socket.once('close', () => {
      closed = true;
    });
  });
  leave(await open(await startGateway(cleanup, service)));
  await eventually(() => closed, 'the service hears of it');
});

test('a WebSocket lives while either side speaks, and ends when none does', async () => {
  let heard = 0;
  const service = await startTalking((socket) => {
    socket.on('data', (words) => {
      heard += words.length;
    });
  });
  const config = oneService({ read_timeout: 400 });
  const gateway = await startGateway(cleanup, service, { config });
  const client = await open(gateway);
  const speaking = setInterval(() => client.write('x'), 50);
  cleanup.add(() => clearInterval(speaking));
  await eventually(() => heard === 20, 'more is heard than the idle time would allow');
  clearInterval(speaking);
  expect(await rest(client)).toBe('');
});

test('a WebSocket may speak on while the gateway stops, for a while', async () => {
  const service = await startTalking((socket) => {
    socket.on('data', (words) => socket.write(words));
  });
  const closing = new Cleanup();
  const gateway = await startGateway(closing, service, { patience: { drain_ms: 300 } });
  const client = await open(gateway);
  const stopped = closing.run();
  client.write('still there');
  expect(String((await once(client, 'data'))[0])).toBe('still there');
  await once(client, 'end');
  await stopped;
});

test.each([
  ['nobody asked for', 'GET /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', SWITCHING],
  ['of another protocol', HANDSHAKE, SWITCHING.replace('websocket', 'h2c')],
  ['of no protocol', HANDSHAKE, 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
])('a switch %s is no answer', async (_what, request, answer) => {
  const service = await startRawService(cleanup, (socket) => {
    socket.on('data', () => socket.write(answer));
  });
  const gateway = await startGateway(cleanup, service);
  const client = connect(gateway, '127.0.0.1', () => client.write(request));
  const [head] = await once(client, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 502 /);
  client.destroy();
});

test('a service that refuses leaves the connection as it was', async () => {
  const server = createServer((request, response) => void response.end(request.url));
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  });
  const service = await claimPort((port) => once(server.listen(port, '127.0.0.1'), 'listening'));
  cleanup.add(() => server.close());
  const gateway = await startGateway(cleanup, service);
  const client = connect(gateway, '127.0.0.1', () => client.write(HANDSHAKE));
  expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 403 .*\r\n\r\nno$/s);
  client.write('GET /s/after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await rest(client)).toMatch(/\r\n\r\n\/after$/);
});

/** A service that agrees when it is told to, and remembers what it heard. */
async function startHesitant() {
  const heard: string[] = [];
  let agree = () => undefined as unknown;
  const port = await startRawService(cleanup, (socket) => {
    socket.on('data', (bytes) => heard.push(bytes.toString('latin1')));
    agree = () => socket.write(SWITCHING);
  });
  return { port, heard, agree: () => agree() };
}

const EARLY = 'GET /s/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

test.each([
  ['in frames', HANDSHAKE, '\x81\x02hi'],
  ['in another request', HANDSHAKE, EARLY],
  ['in frames, asking as nginx takes it', HANDSHAKE.replace('Connection: Upgrade\r\n', ''), '\x81'],
])('a client that speaks before it is answered, %s, is cut off', async (_what, ask, words) => {
  const { logger, lines } = recordingLogger();
  const { port, heard, agree } = await startHesitant();
  const gateway = await startGateway(cleanup, port, { logger });
  const client = connect(gateway, '127.0.0.1', () => client.write(ask));
  await eventually(() => heard.length === 1, 'the service is asked');
  client.write(words, 'latin1');
  // The gateway hears other clients later than this one.
  await (await fetch(`http://127.0.0.1:${gateway}/nowhere`)).text();
  agree();
  expect(await rest(client)).toBe('');
  expect(heard).toHaveLength(1);
  expect(lines.join()).not.toContain('request_crashed');
});

test('what comes in one piece with a handshake reaches nobody', async () => {
  const { port, heard, agree } = await startHesitant();
  const gateway = await startGateway(cleanup, port);
  const client = connect(gateway, '127.0.0.1', () => client.write(HANDSHAKE + EARLY));
  await eventually(() => heard.length === 1, 'the service is asked');
  agree();
  await once(client, 'data');
  client.end('later');
  await eventually(() => heard.length === 2, 'the service hears what was said in time');
  expect(heard[0]).not.toContain('smuggled');
  expect(heard[1]).toBe('later');
});

test.each([
  ['with a body', 'GET', '1.1', 'Content-Length: 2\r\n', 'hi'],
  ['with another method', 'POST', '1.1', '', ''],
  ['of HTTP/1.0', 'GET', '1.0', '', ''],
  ['for another protocol', 'GET', '1.1', 'Upgrade: h2c\r\n', ''],
])('a handshake %s is a plain request', async (_what, method, version, more, body) => {
  const service = await startTalking(() => undefined);
  const gateway = await startGateway(cleanup, service);
  const upgrade = more.startsWith('Upgrade') ? more : `Upgrade: websocket\r\n${more}`;
  const head = `${method} /s/x HTTP/${version}\r\nHost: a\r\nConnection: Upgrade, close\r\n`;
  const answer = await exchange(gateway, `${head}${upgrade}\r\n${body}`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*plain$/s);
});
