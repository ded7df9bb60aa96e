import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import {
  Cleanup,
  eventually,
  exchange,
  oneService,
  startGateway,
  startRawService,
  startService,
} from './support.ts';

const cleanup = new Cleanup();

afterEach(() => cleanup.run());

const routed = (route: object) =>
  oneService({ routes: [{ name: 'route', paths: ['/s'], ...route }] });

/** Reads from a connection until the text is there, and gives all that came since the last time. */
function reader(socket: Socket): (text: string) => Promise<string> {
  let received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
  });
  return async (text) => {
    await eventually(() => received.includes(text), `${text} arrives`);
    const all = received;
    received = '';
    return all;
  };
}

/** A service that says what the test lets it say; `say` is there once it was asked. */
async function startSpeaker(type = 'text/event-stream') {
  const speaker = { say: (_: string) => undefined as unknown, gone: false, asked: 0 };
  const port = await startService(cleanup, (_, response) => {
    speaker.asked++;
    response.writeHead(200, { 'Content-Type': type }).flushHeaders();
    response.once('close', () => {
      speaker.gone = true;
    });
    speaker.say = (text) => response.write(text);
  });
  return { port, speaker };
}

const GET = 'GET /s/x HTTP/1.1\r\nHost: a\r\n\r\n';

test.each([true, false])('each event is passed on before the next (buffering: %j)', async (on) => {
  const { port, speaker } = await startSpeaker();
  const config = routed({ response_buffering: on, request_buffering: on });
  const gateway = await startGateway(cleanup, port, { config });
  const client = connect(gateway, '127.0.0.1', () => client.write(GET));
  const read = reader(client);
  expect(await read('\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/,
  );
  for (const event of ['data: 1\n\n', ': a heartbeat\n\n', 'data: 2\n\n']) {
    speaker.say(event);
    expect(await read(event)).toContain(event);
  }
  client.destroy();
  await eventually(() => speaker.gone, 'the service hears that nobody listens');
});

test('a stream lives on heartbeats beyond its idle time, and is cut without', async () => {
  const { port, speaker } = await startSpeaker();
  const config = oneService({ read_timeout: 400 });
  const gateway = await startGateway(cleanup, port, { config });
  const client = connect(gateway, '127.0.0.1', () => client.write(GET));
  const read = reader(client);
  await read('\r\n\r\n');
  for (let beat = 0; beat < 12; beat++) {
    speaker.say(`: ${beat}\n\n`);
    await read(`: ${beat}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await once(client, 'close');
  await eventually(() => speaker.gone, 'the service hears of it');
  expect(speaker.asked).toBe(1);
});

test('a short body reaches the service before it is whole where it is not buffered', async () => {
  for (const head of ['Content-Length: 10', 'Transfer-Encoding: chunked']) {
    let heard = '';
    const service = await startRawService(cleanup, (socket) => {
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1');
        if (heard.endsWith('world') || heard.endsWith('0\r\n\r\n')) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        }
      });
    });
    const config = routed({ request_buffering: false });
    const gateway = await startGateway(cleanup, service, { config });
    const client = connect(gateway, '127.0.0.1');
    const chunked = head.startsWith('T');
    const frame = (text: string) => (chunked ? `5\r\n${text}\r\n` : text);
    client.write(`POST /s/x HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${frame('hello')}`);
    await eventually(() => heard.includes('hello'), 'the first half arrives');
    expect(heard).toContain(`\r\n${head}\r\n`);
    client.write(frame('world') + (chunked ? '0\r\n\r\n' : ''));
    expect(await reader(client)('ok')).toMatch(/^HTTP\/1\.1 200 /);
    client.destroy();
  }
});

test('a streamed request that got no answer is not sent twice', async () => {
  let asked = 0;
  const service = await startRawService(cleanup, (socket) => {
    socket.once('data', () => {
      asked++;
      socket.destroy();
    });
  });
  const config = routed({ request_buffering: false });
  const gateway = await startGateway(cleanup, service, { config });
  const response = await fetch(`http://127.0.0.1:${gateway}/s/x`, { method: 'PUT', body: 'once' });
  expect([response.status, asked]).toEqual([502, 1]);
});

test('a long chunked body passes whole, and its trailers end here', async () => {
  const service = await startService(cleanup, async (request, response) => {
    let length = 0;
    for await (const piece of request) length += (piece as Buffer).length;
    response.end(JSON.stringify([length, request.headers['content-length'], request.trailers]));
  });
  const gateway = await startGateway(cleanup, service);
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const head = 'POST /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTrailer: X-Sum\r\n';
  const body = `${chunk.repeat(80)}0\r\nX-Sum: 1\r\n\r\n`;
  const answer = await exchange(gateway, `${head}Transfer-Encoding: chunked\r\n\r\n${body}`);
  expect(answer).toContain(JSON.stringify([80 * 65_536, null, {}]));
});

test('an answer in chunks arrives without its trailers, and the connection goes on', async () => {
  const service = await startRawService(cleanup, (socket) => {
    const body = '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n';
    const head = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.on('data', () => socket.write(head + body));
  });
  const gateway = await startGateway(cleanup, service);
  const client = connect(gateway, '127.0.0.1');
  const read = reader(client);
  for (let i = 0; i < 2; i++) {
    client.write(GET.replace('Host: a', 'Host: a\r\nTE: trailers'));
    const answer = await read('0\r\n\r\n');
    expect(answer).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
    expect(answer).not.toContain('X-Sum');
  }
  client.destroy();
});

/** Serves ten bytes as nginx would: by ranges, conditionally, and to HEAD. */
function startRanges(): Promise<number> {
  const bytes = '0123456789';
  return startService(cleanup, (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const common = { 'Accept-Ranges': 'bytes', ETag: '"v1"', 'Content-Type': 'text/plain' };
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304, common).end();
    else if (from === undefined) {
      response.writeHead(200, { ...common, 'Content-Length': 10 }).end(bytes);
    } else if (Number(from) > 9) {
      response.writeHead(416, { 'Content-Range': 'bytes */10', 'Content-Length': 0 }).end();
    } else {
      const part = bytes.slice(Number(from), Number(to) + 1);
      const range = { 'Content-Range': `bytes ${from}-${to}/10`, 'Content-Length': part.length };
      response.writeHead(206, { ...common, ...range }).end(part);
    }
  });
}

test('ranges, conditions and HEAD are the service’s to answer', async () => {
  const gateway = await startGateway(cleanup, await startRanges());
  const ask = (headers: Record<string, string>, method = 'GET') =>
    fetch(`http://127.0.0.1:${gateway}/s/x`, { headers, method });
  const part = await ask({ Range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  const beyond = await ask({ Range: 'bytes=20-30' });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  expect((await ask({ 'If-None-Match': '"v1"' })).status).toBe(304);
  const head = await ask({}, 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
    200,
    '10',
    '',
  ]);
});

test('a client that waits for `100 Continue` hears it, and its body arrives', async () => {
  const service = await startService(cleanup, async (request, response) => {
    const pieces = await request.toArray();
    response.end(`${pieces.join('')} ${request.headers.expect}`);
  });
  const gateway = await startGateway(cleanup, service);
  const client = connect(gateway, '127.0.0.1');
  const read = reader(client);
  const head = 'PUT /s/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
  client.write(head);
  expect(await read('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  client.write('hello');
  expect(await read('hello')).toMatch(/\r\n\r\nhello undefined$/);
  client.destroy();
});

test('a client that sends on hears the refusal before its connection ends', async () => {
  const service = await startService(cleanup, (_, response) => void response.end());
  const limit = { name: 'request-size-limiting', config: { allowed_payload_size: 1 } };
  const config = oneService({ plugins: [limit] });
  const gateway = await startGateway(cleanup, service, { config });
  const body = 'x'.repeat(8_000_000);
  const length = `Content-Length: ${body.length}`;
  const head = `POST /s/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}`;
  const client = connect({ port: gateway, host: '127.0.0.1', allowHalfOpen: true }).pause();
  // Reads only when all is sent, as a simple client does: a reset would take the answer with it.
  await new Promise((resolve) => client.write(`${head}\r\n\r\n${body}`, 'latin1', resolve));
  expect((await client.toArray()).join('')).toMatch(/^HTTP\/1\.1 413 /);
});
