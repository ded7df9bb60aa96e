import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { skippedTest } from '@roundhouse/testing';
import { claimPort, findFreePort } from '../conformance/ports.ts';
import { entityId } from '../src/entity-id.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { hasRedis, type RedisServer, startRedis } from './redis-server.ts';
import { Cleanup, eventually, oneService, recordingLogger, startService } from './support.ts';

const HOST = '127.0.0.1';
/** The start of an hour. */
const NOW = Date.UTC(2027, 0, 15, 12);
const cleanup = new Cleanup();

afterEach(() => cleanup.run());

type Limit = { minute?: number; second?: number; redis: object; fault_tolerant?: boolean };

const limited = ({ redis, ...config }: Limit, limit_by: object = { limit_by: 'ip' }) =>
  oneService({
    plugins: [
      {
        name: 'rate-limiting',
        config: {
          ...config,
          ...limit_by,
          policy: 'redis',
          redis: { host: HOST, timeout: 300, ...redis },
        },
      },
    ],
  });

type Door = { gateway: Gateway; url: string; lines: string[] };

async function door(config: string): Promise<Door> {
  const port = await startService(cleanup, (_, response) => response.end('hello'));
  const { logger, lines } = recordingLogger();
  const upstreams = new Map([['service:3000', [`${HOST}:${port}`]]]);
  const gateway = createGateway({ config, upstreams, logger, clock: () => NOW });
  cleanup.add(() => gateway.close());
  const free = await claimPort((one) => gateway.listen(one, HOST));
  return { gateway, url: `http://${HOST}:${free}/s`, lines };
}

const status = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { headers });
  await response.text();
  return response.status;
};

/** What 50 callers, each asking again and again at once, are answered. */
async function storm(urls: string[], requests: number): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  let sent = 0;
  const caller = async (first: number) => {
    for (let turn = first; sent < requests; turn += 1) {
      sent += 1;
      const found = await status(urls[turn % urls.length] as string);
      seen.set(found, (seen.get(found) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, (_, i) => caller(i)));
  return seen;
}

test('C13: of fifty connections against 100 a minute exactly 100 requests pass', async () => {
  const service = await startService(cleanup, (_, response) => response.end('hello'));
  const gateway = createGateway({
    config: oneService({ plugins: [{ name: 'rate-limiting', config: { minute: 100 } }] }),
    upstreams: new Map([['service:3000', [`${HOST}:${service}`]]]),
    logger: recordingLogger().logger,
    clock: () => NOW,
  });
  cleanup.add(() => gateway.close());
  const port = await claimPort((one) => gateway.listen(one, HOST));
  const seen = await storm([`http://${HOST}:${port}/s`], 2000);
  expect(Object.fromEntries(seen)).toEqual({ 200: 100, 429: 1900 });
});

function withRedis(name: string, run: (redis: RedisServer) => Promise<void>): void {
  if (hasRedis()) test(name, async () => run(await startRedis(cleanup)));
  else skippedTest(name, 'no redis-server is installed');
}

withRedis('C13: two gateways share one limit in Redis, and let exactly 100 pass', async (redis) => {
  const config = limited({ minute: 100, redis: { port: redis.port } });
  const doors = [await door(config), await door(config)];
  const seen = await storm(
    doors.map(({ url }) => url),
    2000,
  );
  expect(Object.fromEntries(seen)).toEqual({ 200: 100, 429: 1900 });
});

withRedis("keys and their lives are Kong's, and the headers too", async (redis) => {
  const { url } = await door(limited({ second: 5, minute: 7, redis: { port: redis.port } }));
  const response = await fetch(url);
  expect(response.headers.get('x-ratelimit-remaining-minute')).toBe('6');
  expect(response.headers.get('ratelimit-remaining')).toBe('4');
  const scope = `00000000-0000-0000-0000-000000000000:${entityId('services', 'service')}`;
  const minute = `ratelimit:${scope}:${HOST}:${NOW}:minute`;
  expect((await redis.keys()).sort()).toEqual(
    [minute, `ratelimit:${scope}:${HOST}:${NOW}:second`].sort(),
  );
  expect(Number(await redis.ask('TTL', minute))).toBeGreaterThan(50);
});

withRedis('a refused request counts too, as in Kong', async (redis) => {
  const { url } = await door(limited({ minute: 1, redis: { port: redis.port } }));
  expect([await status(url), await status(url), await status(url)]).toEqual([200, 429, 429]);
  const [key = ''] = await redis.keys();
  expect(await redis.ask('GET', key)).toBe('3');
});

withRedis('a token that limits are counted by does not stand in Redis', async (redis) => {
  const by = { limit_by: 'header', header_name: 'Authorization' };
  const { url } = await door(limited({ minute: 5, redis: { port: redis.port } }, by));
  expect(await status(url, { authorization: 'Bearer eyJsecret' })).toBe(200);
  const [key = ''] = await redis.keys();
  expect(key).toContain(createHash('sha256').update('Bearer eyJsecret').digest('hex'));
  expect(key).not.toContain('eyJsecret');
});

withRedis('a Redis that falls silent holds a request up no longer than timeout', async (redis) => {
  const { url, lines } = await door(limited({ minute: 5, redis: { port: redis.port } }));
  expect(await status(url)).toBe(200);
  redis.kill('SIGSTOP');
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('x-ratelimit-remaining-minute')).toBeNull();
  // Nobody waits for what is known to be lost: of these the first would take 30 s.
  for (let turn = 0; turn < 100; turn += 1) expect(await status(url)).toBe(200);
  expect(lines.filter((line) => line.includes('redis_lost'))).toHaveLength(1);
  redis.kill('SIGCONT');
  await eventually(() => lines.some((line) => line.includes('redis_back')), 'Redis is back');
  // Whether the one that was not answered was counted is Redis' secret.
  expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toMatch(/^[23]$/);
  expect(lines.find((line) => line.includes('redis_back'))).toContain('"uncounted":101');
});

withRedis('a Redis that refuses to count is told once, and kept', async (redis) => {
  const { url, lines } = await door(limited({ minute: 5, redis: { port: redis.port } }));
  expect(await status(url)).toBe(200);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
  expect([await status(url), await status(url)]).toEqual([200, 200]);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
  expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toBe('3');
  expect(lines.filter((line) => line.includes('redis_'))).toEqual([
    expect.stringContaining('redis_refuses'),
  ]);
});

withRedis('a Redis that dies and comes back is found again', async (redis) => {
  const { url, lines } = await door(limited({ minute: 5, redis: { port: redis.port } }));
  expect(await status(url)).toBe(200);
  await redis.stop();
  await eventually(() => lines.some((line) => line.includes('redis_lost')), 'Redis is lost');
  expect(await status(url)).toBe(200);
  await startRedis(cleanup, { port: redis.port });
  await eventually(() => lines.some((line) => line.includes('redis_back')), 'Redis is back');
  expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toBe('4');
});

test('where an outage is not tolerated, requests are refused as Kong refuses them', async () => {
  const port = await findFreePort();
  const { url } = await door(limited({ minute: 5, fault_tolerant: false, redis: { port } }));
  const response = await fetch(url);
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ message: 'An unexpected error occurred' });
});

test('without a Redis requests pass, and the log says so once', async () => {
  const port = await findFreePort();
  const { url, lines } = await door(limited({ minute: 1, redis: { port } }));
  expect([await status(url), await status(url), await status(url)]).toEqual([200, 200, 200]);
  const told = lines.filter((line) => line.includes('redis_lost'));
  expect(told).toEqual([expect.stringContaining('limits that tolerate it are not kept')]);
});

if (hasRedis()) {
  test('a password is used, a wrong one is an outage, and neither is told', async () => {
    const redis = await startRedis(cleanup, { password: 'hunter2' });
    const config = (password: string) =>
      limited({ minute: 5, redis: { port: redis.port, password } });
    const { gateway, url, lines } = await door(config('hunter2'));
    expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toBe('4');
    gateway.reload(config('wrong-one'));
    expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toBeNull();
    gateway.reload(config('hunter2'));
    expect((await fetch(url)).headers.get('x-ratelimit-remaining-minute')).toBe('3');
    expect(lines.join('\n')).not.toMatch(/hunter2|wrong-one/);
  });
} else skippedTest('a password is used', 'no redis-server is installed');
