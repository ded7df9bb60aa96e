import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { closedLoop } from './closed-loop.ts';
import { arrivals, openLoop, thinkingUsers } from './open-loop.ts';

const FROZEN_FROM_MS = 500;
const FROZEN_FOR_MS = 2_000;

let server: Server;
let base_url: string;
let answered: number;

/** Answers at once, but for two seconds in which it answers nobody. */
beforeEach(async () => {
  answered = 0;
  const thaws_at = performance.now() + FROZEN_FROM_MS + FROZEN_FOR_MS;
  const freezes_at = thaws_at - FROZEN_FOR_MS;
  server = createServer((_, response) => {
    const now = performance.now();
    const frozen_ms = now >= freezes_at && now < thaws_at ? thaws_at - now : 0;
    setTimeout(() => {
      answered += 1;
      response.end('{}');
    }, frozen_ms);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const next = () => ({ method: 'GET' as const, path: '/' });

test('a server that stood still for two seconds shows in the open loop', async () => {
  const result = await openLoop({ base_url, next, rate: 100, duration_ms: 4_000, seed: 1 });
  // Half of the requests came while it stood still, and waited a second on average.
  expect(result.p95_ms).toBeGreaterThan(1_000);
  expect(result.statuses).toEqual(new Map([[200, result.offered]]));
});

test('and hides in a closed loop, which asked nobody meanwhile', async () => {
  const result = await closedLoop({ base_url, next, callers: 1, duration_ms: 4_000 });
  expect(result.max_ms).toBeGreaterThan(1_000);
  expect(result.p95_ms).toBeLessThan(1_000);
});

test('every arrival is sent and answered once, also while others wait', async () => {
  const result = await openLoop({ base_url, next, rate: 200, duration_ms: 3_000, seed: 2 });
  expect(result.offered).toBe(arrivals(200, 3_000, 2).length);
  expect(answered).toBe(result.offered);
});

test('a thinking user asks again only after his answer', async () => {
  const people = { users: 20, think_ms: [400, 600] as const, duration_ms: 3_000 };
  const result = await thinkingUsers({ base_url, next, seed: 3, ...people });
  expect(answered).toBe(result.offered);
  // At most one request in 400 ms each, and one more at the beginning.
  expect(result.offered).toBeLessThanOrEqual(20 * (3_000 / 400 + 1));
  expect(result.offered).toBeGreaterThan(20);
});

test('arrivals are Poisson: as many as the rate says, at distances that vary so', () => {
  const moments = arrivals(1_000, 60_000, 4);
  expect(Math.abs(moments.length - 60_000)).toBeLessThan(5 * Math.sqrt(60_000));
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // The deviation of an exponential distribution is its mean.
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.97);
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.03);
});

test('the same seed gives the same arrivals, another one others', () => {
  expect(arrivals(50, 2_000, 7)).toEqual(arrivals(50, 2_000, 7));
  expect(arrivals(50, 2_000, 7)).not.toEqual(arrivals(50, 2_000, 8));
});

test('a request that nobody answers is counted, and ends nothing', async () => {
  const nobody = 'http://127.0.0.1:1';
  const open = { base_url: nobody, next, rate: 50, duration_ms: 200, seed: 1 };
  const result = await openLoop(open);
  expect(result.statuses).toEqual(new Map([[0, result.offered]]));
});
