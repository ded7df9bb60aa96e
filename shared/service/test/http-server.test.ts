import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '@roundhouse/testing';
import express from 'express';
import { type HttpServer, httpServer } from '../src/http-server.ts';
import { createMetrics, type Metrics } from '../src/metrics.ts';

interface Door extends HttpServer {
  port: number;
  metrics: Metrics;
  /** Lets the answer of `/slow` go. */
  letGo: () => void;
  /** Ends whatever is left. */
  end: () => void;
}

/** As `runService` opens it, with an app of three routes. */
async function aDoor(drain_ms = 60_000): Promise<Door> {
  const metrics = createMetrics({ service: 'test', revision: 'r1' });
  let letGo = () => {};
  const waiting = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const app = express();
  app.get('/things/:id', (_, response) => {
    response.json({});
  });
  app.post('/things', (_, response) => {
    response.status(201).json({});
  });
  app.get('/slow', async (_, response) => {
    await waiting;
    response.json({});
  });
  const door = httpServer({ app, ready: async () => undefined, metrics, drain_ms });
  door.server.listen(0, '127.0.0.1');
  await once(door.server, 'listening');
  const { port } = door.server.address() as AddressInfo;
  const end = () => {
    letGo();
    door.server.closeAllConnections();
    door.server.close();
  };
  return { ...door, port, metrics, letGo, end };
}

interface Answer {
  status: number;
  connection: string | undefined;
  text: string;
}

interface Sent {
  path: string;
  method?: string;
  agent?: Agent;
  headers?: Record<string, string>;
}

function ask(port: number, { path, method = 'GET', agent, headers = {} }: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const where = { host: '127.0.0.1', port, path, method, headers, agent: agent ?? false };
  const sent = request(where, async (response: IncomingMessage) => {
    const text = (await response.toArray()).join('');
    const { connection } = response.headers;
    resolve({ status: response.statusCode ?? 0, connection, text });
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

const kept = () => new Agent({ keepAlive: true, maxSockets: 1 });

describe('a server that drains', () => {
  test('answers what it has begun and what comes where it is connected, as the last', async () => {
    const door = await aDoor();
    const [busy, idle] = [kept(), kept()];
    const slow = ask(door.port, { path: '/slow', agent: busy });
    const first = await ask(door.port, { path: '/things/1', agent: idle });
    expect(first.connection).toBe('keep-alive');

    let ended = false;
    const drained = door.drain().then(() => {
      ended = true;
    });
    await eventually(async () => {
      const refused = await ask(door.port, { path: '/things/1' }).catch(({ code }) => code);
      expect(refused).toBe('ECONNREFUSED');
    });
    const late = await ask(door.port, { path: '/things/2', agent: idle });
    expect([late.status, late.connection]).toEqual([200, 'close']);
    expect(ended).toBe(false);

    door.letGo();
    const answer = await slow;
    expect([answer.status, answer.connection]).toEqual([200, 'close']);
    await drained;
    for (const agent of [busy, idle]) agent.destroy();
  });

  test('says on open connections that it is not ready', async () => {
    const door = await aDoor();
    const agent = kept();
    const ready = { path: '/health/ready', agent };
    expect((await ask(door.port, ready)).status).toBe(200);
    const drained = door.drain();
    expect((await ask(door.port, ready)).status).toBe(503);
    await drained;
    agent.destroy();
  });

  test('does not wait for good for who holds a connection and says nothing', async () => {
    const door = await aDoor(50);
    const agent = kept();
    await ask(door.port, { path: '/things/1', agent });
    await door.drain();
    agent.destroy();
  });
});

/** The value of the series of that name with those labels, in Prometheus' text. */
function told(text: string, name: string, labels: string[] = []): number | undefined {
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}
const counted = (text: string, method: string, route: string, status: string) =>
  told(text, 'http_server_request_duration_seconds_count', [
    `http_request_method="${method}"`,
    `http_route="${route}"`,
    `http_response_status_class="${status}"`,
  ]);

describe('the metrics', () => {
  test('count, under load and while they are read, exactly what was asked', async () => {
    const door = await aDoor();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const open = ask(door.port, { path: '/slow' });
    const asked = Array.from({ length: 300 }, (_, number) => [
      ask(door.port, { path: `/things/${number}`, agent }),
      ask(door.port, { path: '/things', method: 'POST', agent }),
      ask(door.port, { path: `/nothing/${number}`, agent }),
      ...(number % 10 === 0 ? [ask(door.port, { path: '/metrics', agent })] : []),
    ]);
    await Promise.all(asked.flat());
    const { text } = await ask(door.port, { path: '/metrics' });
    expect(counted(text, 'GET', '/things/:id', '2xx')).toBe(300);
    expect(counted(text, 'POST', '/things', '2xx')).toBe(300);
    expect(counted(text, 'GET', '', '4xx')).toBe(300);
    expect(told(text, 'http_server_active_requests')).toBe(1);
    // Neither a path nor an id has become a label, and scrapes do not count themselves.
    expect(text).not.toMatch(/\/things\/\d|\/nothing|http_route="\/metrics"/);
    door.letGo();
    await open;
    agent.destroy();
    door.end();
  });

  test('count a client that went away as nobody answered', async () => {
    const door = await aDoor();
    const agent = kept();
    const gone = ask(door.port, { path: '/slow', agent }).catch(() => undefined);
    await eventually(async () => {
      const text = await door.metrics.text();
      expect(told(text, 'http_server_active_requests')).toBe(1);
    });
    agent.destroy();
    await gone;
    await eventually(async () => {
      expect(counted(await door.metrics.text(), 'GET', '/slow', 'aborted')).toBe(1);
    });
    door.end();
  });

  test('and the readiness are nothing for who comes by the gateway', async () => {
    const door = await aDoor();
    const headers = { 'x-forwarded-host': 'example.com' };
    for (const path of ['/metrics', '/health/ready']) {
      expect((await ask(door.port, { path })).status).toBe(200);
      expect((await ask(door.port, { path, headers })).status).toBe(404);
    }
    door.end();
  });

  test('ask the database once for many scrapes, and tell no number that it did not', async () => {
    const metrics = createMetrics({ service: 'test', revision: 'r1' });
    let asked = 0;
    metrics.watchEvents(async () => {
      asked += 1;
      return { unsent: 3, oldest_unsent_seconds: 1.5, dead: 2 };
    });
    const texts = await Promise.all(Array.from({ length: 50 }, () => metrics.text()));
    expect(asked).toBe(1);
    for (const text of texts) {
      expect(told(text, 'roundhouse_outbox_unsent_events')).toBe(3);
      expect(told(text, 'roundhouse_dead_letters')).toBe(2);
    }
    const blind = createMetrics({ service: 'test', revision: 'r1' });
    blind.watchEvents(() => Promise.reject(new Error('no database')));
    const text = await blind.text();
    expect(told(text, 'roundhouse_outbox_unsent_events')).toBeNaN();
  });
});
