import { once } from 'node:events';
import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { identify } from '@roundhouse/telemetry/current';
import { eventually } from '@roundhouse/testing';
import express, { type RequestHandler } from 'express';
import winston from 'winston';
import { createLogger } from '../src/log.ts';
import { inScope, requestScope } from '../src/request-scope.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Line = Record<string, unknown>;

/** A service of one route, and all that it logs at this level. */
async function aService(level: string, handle: RequestHandler) {
  const lines: Line[] = [];
  const logger = createLogger('clients', level);
  const write = (line: string, _: string, done: () => void) => {
    lines.push(JSON.parse(line));
    done();
  };
  logger
    .clear()
    .add(new winston.transports.Stream({ stream: new Writable({ decodeStrings: false, write }) }));
  const app = express();
  app.use(requestScope(logger));
  app.all(
    '/links/:token',
    express.json(),
    inScope(async (...parts) => {
      identify('tenant-1', 'user-1');
      logger.warn('inside', { event: 'inside' });
      await Promise.resolve();
      handle(...parts, () => undefined);
    }),
  );
  const server = createServer(app);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/links/a-secret-link`;
  return { url, lines };
}

const answers =
  (status: number): RequestHandler =>
  (_, response) => {
    response.status(status).end('{}');
  };
const send = (url: string, method: string) =>
  fetch(url, {
    method,
    headers: { 'x-request-id': 'asked-1', 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{"a":1}' } : {}),
  });
const about = { request_id: 'asked-1', tenant_id: 'tenant-1', user_id: 'user-1' };

test.each([
  ['POST', 201, 'info'],
  ['POST', 409, 'info'],
  ['GET', 404, 'info'],
  ['GET', 503, 'warn'],
])('%s answered %i has a line at %s, by its route and for whom it was', async (...given) => {
  const [method, status, level] = given;
  const { url, lines } = await aService('info', answers(status));
  await send(url, method);
  await eventually(async () => expect(lines).toHaveLength(2));
  expect(lines[0]).toMatchObject({ event: 'inside', ...about });
  expect(lines[1]).toMatchObject({
    ...{ event: 'request_answered', level, method, status, route: '/links/:token', ...about },
    duration_ms: expect.any(Number),
  });
  expect(JSON.stringify(lines)).not.toContain('a-secret-link');
});

test('a read has a line when debugging alone', async () => {
  for (const [level, count] of [
    ['info', 1],
    ['debug', 2],
  ] as const) {
    const { url, lines } = await aService(level, answers(200));
    await send(url, 'GET');
    await send(url, 'POST');
    await eventually(async () => expect(lines.at(-1)?.method).toBe('POST'));
    const told = lines.filter(({ event }) => event === 'request_answered');
    expect(told).toHaveLength(count);
  }
});

test('a client that did not wait is told as such', async () => {
  const { url, lines } = await aService('info', () => undefined);
  const sent = ask(url, { method: 'GET' });
  sent.on('error', () => undefined).end();
  await eventually(async () => expect(lines).toHaveLength(1));
  sent.destroy();
  await eventually(async () => expect(lines).toHaveLength(2));
  expect(lines[1]).toMatchObject({ event: 'request_aborted', level: 'info' });
  expect(lines[1]).not.toHaveProperty('status');
});

test('two requests at once are not taken for each other', async () => {
  const { url, lines } = await aService('info', answers(200));
  const ids = Array.from({ length: 20 }, (_, number) => `asked-${number}`);
  const asked = ids.map((id) =>
    fetch(url, { method: 'POST', headers: { 'x-request-id': id } }).then((it) => it.text()),
  );
  await Promise.all(asked);
  await eventually(async () => expect(lines).toHaveLength(40));
  for (const event of ['inside', 'request_answered']) {
    const told = lines.filter((line) => line.event === event).map((line) => line.request_id);
    expect(told.sort()).toEqual(ids.toSorted());
  }
});
