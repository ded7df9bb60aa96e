import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { findFreePort } from '../conformance/ports.ts';
import {
  Cleanup,
  eventually,
  exchange,
  recordingLogger,
  startGateway,
  startService,
} from './support.ts';

const cleanup = new Cleanup();

afterEach(() => cleanup.run());

async function startEcho(options: Parameters<typeof startGateway>[2] = {}): Promise<number> {
  const service = await startService(cleanup, (request, response) => {
    request.resume();
    request.on('end', () => {
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    });
  });
  return startGateway(cleanup, service, options);
}

const LINE = 'GET /s/x HTTP/1.1\r\n';

test.each([
  ['no host', `${LINE}\r\n`, 400],
  ['two hosts', `${LINE}Host: a\r\nHost: b\r\n\r\n`, 400],
  ['an empty host', `${LINE}Host: \r\n\r\n`, 400],
  ['a host with a path', `${LINE}Host: a/b\r\n\r\n`, 400],
  ['two tokens', `${LINE}Host: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n`, 400],
  ['a header with a space', `${LINE}Host: a\r\nBad Name: x\r\n\r\n`, 400],
  ['a folded header', `${LINE}Host: a\r\nX: a\r\n b\r\n\r\n`, 400],
  ['a control character', `${LINE}Host: a\r\nX: a\x01b\r\n\r\n`, 400],
  ['bare line feeds', 'GET /s/x HTTP/1.1\nHost: a\n\n', 400],
  ['a path above the root', 'GET /../s HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no path', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown method', 'BREW /s HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown version', 'GET /s HTTP/2.0\r\nHost: a\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a tunnel', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a trace', 'TRACE /s HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ['a long line', `GET /${'s'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['a long header', `${LINE}Host: a\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, 400],
  ['a token of 100 kB', `${LINE}Host: a\r\nAuthorization: Bearer ${'x'.repeat(100_000)}`, 400],
  [
    'a length and chunks',
    `${LINE}Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
  ],
  ['two lengths', `${LINE}Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
  ['a signed length', `${LINE}Host: a\r\nContent-Length: +1\r\n\r\n`, 400],
  ['a bad chunk', `${LINE}Host: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['an unknown coding', `${LINE}Host: a\r\nTransfer-Encoding: gzip\r\n\r\n`, 501],
  ['two codings', `${LINE}Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`, 501],
])('a request with %s is refused and its connection closed', async (_what, bytes, status) => {
  const gateway = await startEcho();
  const answer = await exchange(gateway, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain('\r\nConnection: close\r\n');
  expect(answer.match(/HTTP\/1.1 /g)).toHaveLength(1);
  // And the gateway lives on.
  expect((await fetch(`http://127.0.0.1:${gateway}/s/x`)).status).toBe(200);
});

test('a body that is a second request in disguise is not one', async () => {
  const gateway = await startEcho();
  const inner = 'GET /s/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  const head = 'POST /s/outer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
  const answer = await exchange(gateway, `${head}Content-Length: ${inner.length}\r\n\r\n${inner}`);
  expect(answer).toContain('/outer');
  expect(answer).not.toContain('/smuggled');
});

test('requests in a row on one connection are answered in their order', async () => {
  const gateway = await startEcho();
  const one = (name: string, more = '') => `GET /s/${name} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
  const answer = await exchange(gateway, one('1') + one('2') + one('3', 'Connection: close\r\n'));
  expect(answer.match(/"url":"\/\d"/g)).toEqual(['"url":"/1"', '"url":"/2"', '"url":"/3"']);
});

test('a client that never finishes its head is sent away', async () => {
  const gateway = await startEcho({ patience: { head_ms: 100, request_ms: 200 } });
  expect(await exchange(gateway, 'GET /s/x HTTP/1.1\r\nHost:')).toMatch(/^HTTP\/1.1 408 /);
});

test('a client that never finishes its body is sent away, large or small', async () => {
  const gateway = await startEcho({ patience: { head_ms: 100, request_ms: 200 } });
  for (const length of [10, 10_000_000]) {
    const head = `PUT /s/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\nx`;
    expect(await exchange(gateway, head)).toMatch(/^HTTP\/1.1 408 /);
  }
});

test('a client that leaves in the middle of its body is no error of the gateway', async () => {
  const { logger, lines } = recordingLogger();
  const gateway = await startEcho({ logger });
  for (const framing of ['Content-Length: 10', 'Transfer-Encoding: chunked']) {
    const leaving = connect(gateway, '127.0.0.1');
    leaving.write(`PUT /s/x HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n5\r\nhe`, () =>
      leaving.destroy(),
    );
    await once(leaving, 'close');
  }
  // Each is also told as a refused connection: what came is no whole request.
  const ended = () => lines.filter((line) => line.includes('request_aborted'));
  await eventually(() => ended().length === 2, 'both requests end');
  expect(lines.join()).not.toContain('request_crashed');
});

test('a client that resets a tunnel at once does not end the gateway', async () => {
  const gateway = await startEcho();
  for (let i = 0; i < 20; i++) {
    const tunnel = connect(gateway, '127.0.0.1');
    tunnel.write('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', () => tunnel.resetAndDestroy());
    tunnel.on('error', () => undefined);
    await once(tunnel, 'close');
  }
  expect((await fetch(`http://127.0.0.1:${gateway}/s/x`)).status).toBe(200);
});

test('what a client claims about itself is replaced', async () => {
  const gateway = await startEcho();
  const claims = {
    'X-Real-IP': '6.6.6.6',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Path': '/admin',
    'X-Forwarded-Prefix': '/evil',
  };
  const response = await fetch(`http://127.0.0.1:${gateway}/s/x`, { headers: claims });
  const { headers } = (await response.json()) as { headers: Record<string, string> };
  expect(headers).toMatchObject({
    'x-real-ip': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': String(gateway),
    'x-forwarded-host': '127.0.0.1',
    'x-forwarded-path': '/s/x',
    'x-forwarded-prefix': '/s',
  });
});

test('no log holds a token, a query or a path', async () => {
  const { logger, lines } = recordingLogger();
  const gateway = await startGateway(cleanup, await findFreePort(), { logger });
  const url = `http://127.0.0.1:${gateway}/s/public/quote-link?secret=query`;
  await fetch(url, { headers: { Authorization: 'Bearer token-text', Cookie: 'a=cookie-text' } });
  await fetch(`http://127.0.0.1:${gateway}/nowhere/quote-link`);
  expect(lines.join()).toContain('"route":"route"');
  expect(lines.join()).toContain('upstream_failed');
  expect(lines.join()).not.toMatch(/quote-link|query|token-text|cookie-text/);
});
