import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type ProxyFault, type TcpProxy, tcpProxy } from './proxy.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server that says back what it hears, behind a proxy. */
async function anEcho(random = () => 0.5) {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      socket.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy = await tcpProxy({ target: { host: '127.0.0.1', port }, random });
  ends.push(
    () => server.close() && undefined,
    () => {
      for (const socket of sockets) socket.destroy();
    },
    proxy.close,
  );
  return { proxy, heard };
}

interface Caller {
  socket: Socket;
  /** Resolves when so many bytes have come, or the connection has ended; answers what came. */
  gets(bytes: number): Promise<string>;
  /** Why the connection ended: an error's code, or `end`. */
  ended: Promise<string>;
}

async function aCaller({ port }: TcpProxy): Promise<Caller> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let got = '';
  socket.on('data', (bytes) => {
    got += bytes.toString();
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    socket.on('close', () => resolve('end'));
  });
  let over = false;
  void ended.then(() => {
    over = true;
  });
  ends.push(() => {
    socket.destroy();
  });
  await Promise.race([once(socket, 'connect'), ended]);
  const gets = async (bytes: number) => {
    while (got.length < bytes && !over) await new Promise((resolve) => setTimeout(resolve, 5));
    return got;
  };
  return { socket, gets, ended };
}

test('without a fault bytes pass both ways, and both ends hear of the end', async () => {
  const { proxy, heard } = await anEcho();
  const { socket, gets } = await aCaller(proxy);
  socket.write('hello');
  expect(await gets(5)).toBe('hello');
  expect(heard).toEqual(['hello']);
  expect(proxy.open()).toBe(1);
  socket.resetAndDestroy();
  while (proxy.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('latency delays answers by what the seed says, and keeps their order', async () => {
  const sequence = [1, 0, 0.5];
  const { proxy } = await anEcho(() => sequence.shift() ?? 0.5);
  const { socket, gets } = await aCaller(proxy);
  await proxy.set({ kind: 'latency', latency_ms: 100, jitter_ms: 50 });
  const sent_at = performance.now();
  socket.write('first');
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write('second');
  expect(await gets(11)).toBe('firstsecond');
  expect(performance.now() - sent_at).toBeGreaterThanOrEqual(149);
  expect(sequence).toEqual([0.5]);
});

test('a black hole keeps everything back, and gives it up when it is healed', async () => {
  const { proxy, heard } = await anEcho();
  const { socket, gets } = await aCaller(proxy);
  await proxy.set({ kind: 'black_hole' });
  socket.write('anybody there?');
  const late = await aCaller(proxy);
  late.socket.write('and I?');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual([]);
  await proxy.heal();
  expect(await gets(14)).toBe('anybody there?');
  expect(await late.gets(6)).toBe('and I?');
});

test.each<ProxyFault>([{ kind: 'reset' }, { kind: 'down' }])(
  '$kind cuts who is connected and lets nobody in until healed',
  async (fault) => {
    const { proxy } = await anEcho();
    const before = await aCaller(proxy);
    before.socket.write('hello');
    expect(await before.gets(5)).toBe('hello');
    await proxy.set(fault);
    expect(await before.ended).toBe('ECONNRESET');
    const during = await aCaller(proxy);
    expect(await during.ended).toBe(fault.kind === 'down' ? 'ECONNREFUSED' : 'ECONNRESET');
    await proxy.heal();
    const after = await aCaller(proxy);
    after.socket.write('again');
    expect(await after.gets(5)).toBe('again');
  },
);

test('an answer is cut after so many bytes, though the server has heard the request', async () => {
  const { proxy, heard } = await anEcho();
  await proxy.set({ kind: 'limit_data', bytes: 3 });
  const { socket, gets, ended } = await aCaller(proxy);
  socket.write('charge');
  expect(await gets(6)).toBe('cha');
  expect(await ended).toBe('ECONNRESET');
  expect(heard).toEqual(['charge']);
});

test('an answer drips piece by piece, and flows again when healed', async () => {
  const { proxy } = await anEcho();
  await proxy.set({ kind: 'drip', bytes: 1, every_ms: 20 });
  const { socket, gets } = await aCaller(proxy);
  const sent_at = performance.now();
  socket.write('abc');
  expect(await gets(3)).toBe('abc');
  expect(performance.now() - sent_at).toBeGreaterThanOrEqual(39);
  const long = 'x'.repeat(5_000);
  socket.write(long);
  await gets(5);
  await proxy.heal();
  expect(await gets(5_003)).toBe(`abc${long}`);
});
