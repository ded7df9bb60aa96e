import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { claimPort } from '../conformance/ports.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import {
  Cleanup,
  eventually,
  oneService,
  recordingLogger,
  startRawService,
  startService,
} from './support.ts';

const HOST = '127.0.0.1';
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

const EVERYTHING = {
  status_code_metrics: true,
  latency_metrics: true,
  bandwidth_metrics: true,
  upstream_health_metrics: true,
};
const measured = (config: object = EVERYTHING, service: object = {}) =>
  oneService(service, { plugins: [{ name: 'prometheus', config }] });

type House = { gateway: Gateway; url: string; page: () => Promise<string> };

/** A gateway before a service that takes 60 ms by the gateway's clock, and its metrics. */
async function house(
  config: string,
  listener?: Parameters<typeof startService>[1],
): Promise<House> {
  let now = Date.UTC(2027, 0, 15, 12);
  const port = await startService(
    cleanup,
    listener ??
      ((_, response) => {
        now += 60;
        response.end('hello');
      }),
  );
  return before(config, port, () => now);
}

/** A gateway before what stands on a port. */
async function before(config: string, service: number, clock: () => number): Promise<House> {
  const upstreams = new Map([['service:3000', [`${HOST}:${service}`]]]);
  const { logger } = recordingLogger();
  const gateway = createGateway({ config, upstreams, logger, clock });
  cleanup.add(() => gateway.close());
  const url = `http://${HOST}:${await claimPort((free) => gateway.listen(free, HOST))}`;
  const admin = await claimPort((free) => gateway.listenAdmin(free));
  return {
    gateway,
    url,
    page: async () => (await fetch(`http://${HOST}:${admin}/metrics`)).text(),
  };
}

/** The value of a series, by its name and some of its labels; undefined where there is none. */
function seriesOf(page: string, name: string, labels: Record<string, string> = {}) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = page
    .split('\n')
    .find((text) => text.match(/^\w+/)?.[0] === name && wanted.every((one) => text.includes(one)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** A request is counted when its answer has ended, a moment after the client has it. */
async function counted({ page }: House, name: string, labels: Record<string, string>, count = 1) {
  let text = await page();
  const deadline = Date.now() + 10_000;
  while (seriesOf(text, name, labels) !== count && Date.now() < deadline) text = await page();
  expect(seriesOf(text, name, labels)).toBe(count);
  return text;
}

const ROUTE = { service: 'service', route: 'route', workspace: 'default' };
const STATUS = 'kong_http_requests_total';

test("a service's answer is counted and measured under Kong's names", async () => {
  const there = await house(measured());
  expect(await (await fetch(`${there.url}/s`)).text()).toBe('hello');
  const labels = { ...ROUTE, code: '200', source: 'service', consumer: '' };
  const page = await counted(there, STATUS, labels);
  expect(seriesOf(page, 'kong_upstream_latency_ms_sum', ROUTE)).toBe(60);
  expect(seriesOf(page, 'kong_upstream_latency_ms_bucket', { ...ROUTE, le: '50' })).toBe(0);
  expect(seriesOf(page, 'kong_upstream_latency_ms_bucket', { ...ROUTE, le: '80' })).toBe(1);
  expect(seriesOf(page, 'kong_request_latency_ms_count', ROUTE)).toBe(1);
  expect(seriesOf(page, 'kong_kong_latency_ms_bucket', { ...ROUTE, le: '1' })).toBe(1);
  const ingress = seriesOf(page, 'kong_bandwidth_bytes', { ...ROUTE, direction: 'ingress' });
  const egress = seriesOf(page, 'kong_bandwidth_bytes', { ...ROUTE, direction: 'egress' });
  expect(ingress).toBeGreaterThan('GET /s HTTP/1.1\r\nhost: 127.0.0.1'.length);
  expect(egress).toBeGreaterThan(200);
  expect(page).toContain('# TYPE kong_http_requests_total counter');
  expect(page).toContain('# TYPE kong_kong_latency_ms histogram');
});

test('the buckets are those of Kong 3.9', async () => {
  const there = await house(measured());
  await (await fetch(`${there.url}/s`)).text();
  const page = await counted(there, STATUS, ROUTE);
  const bounds = (name: string) =>
    [...page.matchAll(new RegExp(`^${name}_bucket.*le="([^"]+)"`, 'gm'))].map(([, le]) => le);
  expect(bounds('kong_kong_latency_ms')).toEqual(
    '1 2 5 7 10 15 20 30 50 75 100 200 500 750 1000 3000 6000 +Inf'.split(' '),
  );
  const coarse = '25 50 80 100 250 400 700 1000 2000 5000 10000 30000 60000 +Inf'.split(' ');
  expect(bounds('kong_upstream_latency_ms')).toEqual(coarse);
  expect(bounds('kong_request_latency_ms')).toEqual(coarse);
});

test("an answer of the gateway's own is Kong's, with no latency of a service", async () => {
  const limited = { plugins: [{ name: 'rate-limiting', config: { minute: 1 } }] };
  const there = await house(measured(EVERYTHING, limited));
  for (const _ of [1, 2]) await (await fetch(`${there.url}/s`)).text();
  const page = await counted(there, STATUS, { ...ROUTE, code: '429', source: 'kong' });
  expect(seriesOf(page, 'kong_upstream_latency_ms_count', ROUTE)).toBe(1);
  expect(seriesOf(page, 'kong_request_latency_ms_count', ROUTE)).toBe(2);
});

test('a service that can not be reached is told as Kong tells it', async () => {
  const there = await house(measured(EVERYTHING, { retries: 0 }), (request) =>
    request.socket.destroy(),
  );
  expect((await fetch(`${there.url}/s`)).status).toBe(502);
  const page = await counted(there, STATUS, { ...ROUTE, code: '502', source: 'kong' });
  expect(seriesOf(page, 'kong_upstream_latency_ms_count', ROUTE)).toBe(1);
});

test('a client that leaves before its answer counts as 499', async () => {
  let asked = false;
  const there = await house(measured(), () => {
    asked = true;
  });
  const socket = connect(Number(new URL(there.url).port), HOST);
  socket.write('GET /s HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => asked, 'the service is asked');
  socket.destroy();
  await once(socket, 'close');
  await counted(there, STATUS, { ...ROUTE, code: '499', source: 'kong' });
});

test('a WebSocket counts as 101, with its bytes, when it has ended', async () => {
  const service = await startRawService(cleanup, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    });
  });
  const there = await before(measured(), service, Date.now);
  const client = connect(Number(new URL(there.url).port), HOST);
  client.write('GET /s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  let heard = '';
  client.on('data', (bytes) => {
    heard += bytes;
  });
  await eventually(() => heard.endsWith('hello'), 'the service speaks');
  client.destroy();
  const page = await counted(there, STATUS, { ...ROUTE, code: '101', source: 'service' });
  const egress = seriesOf(page, 'kong_bandwidth_bytes', { ...ROUTE, direction: 'egress' });
  expect(egress).toBe(heard.length);
});

test('what is not asked for is not there, and a request of no route is nowhere', async () => {
  const there = await house(measured({ status_code_metrics: true }));
  await (await fetch(`${there.url}/nowhere`)).text();
  await (await fetch(`${there.url}/s`)).text();
  const page = await counted(there, STATUS, ROUTE);
  expect(page).not.toContain('code="404"');
  for (const name of ['kong_kong_latency_ms_count', 'kong_bandwidth_bytes']) {
    expect(seriesOf(page, name)).toBeUndefined();
  }
});

test('without the plugin the page has the series of the node alone', async () => {
  const there = await house(oneService());
  await (await fetch(`${there.url}/s`)).text();
  const page = await there.page();
  expect(page).not.toContain(STATUS);
  expect(seriesOf(page, 'kong_datastore_reachable')).toBe(1);
  expect(seriesOf(page, 'kong_node_info', { version: '3.9.3' })).toBe(1);
  expect(seriesOf(page, 'kong_nginx_requests_total', { subsystem: 'http' })).toBe(1);
  expect(seriesOf(page, 'kong_nginx_connections_total', { state: 'accepted' })).toBe(1);
  expect(page).toContain('# TYPE kong_nginx_connections_total gauge');
});

test('counts outlive a reload', async () => {
  const there = await house(measured());
  await (await fetch(`${there.url}/s`)).text();
  await counted(there, STATUS, ROUTE);
  there.gateway.reload(measured(EVERYTHING, { retries: 3 }));
  await (await fetch(`${there.url}/s`)).text();
  await counted(there, STATUS, ROUTE, 2);
});
