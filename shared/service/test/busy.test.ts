import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, sql, type Tenant } from '@roundhouse/database';
import { type Actor, type ServedService, serve } from '@roundhouse/testing';
import { z } from 'zod';
import { defineContract } from '../src/contract.ts';
import { createMetrics, sampleOutbox } from '../src/metrics.ts';
import { createService, type ServiceDependencies } from '../src/service.ts';

// In the schema of clients; under test is what all services do when too much is asked of them.
const Done = z.object({ done: z.boolean() });
const read = { method: 'get', permission: 'clients:read', status: 200, response: Done } as const;
const contract = defineContract('clients', {
  hold: { ...read, path: '/hold', summary: 'Hold a connection for two seconds' },
  look: { ...read, path: '/look', summary: 'Ask the database' },
});
const createApp = (dependencies: ServiceDependencies) => {
  const asks =
    (seconds: number) =>
    async (_: unknown, { tenant }: { tenant: Tenant }) => {
      await tenant.read((tx) => tx.query(sql`SELECT pg_sleep(${seconds})`));
      return { done: true };
    };
  return createService(contract, { hold: asks(2), look: asks(0) }, dependencies);
};

/** As `serve` opens them, all connected. */
const CONNECTIONS = 8;
const CALLERS = 200;

let service: ServedService<typeof contract>;
let owner: Actor<typeof contract>;
beforeAll(async () => {
  service = await serve({ contract, createApp });
  owner = service.actor(['owner']);
});
afterAll(() => service.stop());

interface Heard {
  status: number;
  code: string | undefined;
  retry_after: string | undefined;
  after_ms: number;
  /** The how many-th answer it was. */
  turn: number;
}
let turns = 0;

function get(path: string, agent: Agent): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const headers = { authorization: `Bearer ${owner.token}` };
  const sent_at = performance.now();
  const sent = request(new URL(path, service.base_url), { agent, headers }, async (response) => {
    turns += 1;
    const turn = turns;
    const after_ms = performance.now() - sent_at;
    const { code } = JSON.parse((await response.toArray()).join(''));
    const retry_after = response.headers['retry-after'];
    resolve({ status: response.statusCode ?? 0, code, retry_after, after_ms, turn });
  });
  sent.on('error', reject);
  sent.end();
  return promise;
}

const slowest = (heard: Heard[]) => Math.max(...heard.map(({ after_ms }) => after_ms)).toFixed(0);

test('of 200 who hold a connection, the surplus hears so before the first is done', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const holding = Array.from({ length: CALLERS }, () => get('/hold', agent));
  const health = await Promise.all(Array.from({ length: 20 }, () => get('/health', agent)));
  const heard = await Promise.all(holding);
  const served = heard.filter(({ status }) => status === 200);
  const refused = heard.filter(({ status }) => status === 503);

  expect([served.length, refused.length]).toEqual([CONNECTIONS, CALLERS - CONNECTIONS]);
  expect(new Set(refused.map(({ code, retry_after }) => `${code} ${retry_after}`))).toEqual(
    new Set(['busy 1']),
  );
  const firstServed = Math.min(...served.map(({ turn }) => turn));
  expect(Math.max(...refused.map(({ turn }) => turn))).toBeLessThan(firstServed);
  // Whether it lives is answered before anybody was refused: it waits for no connection.
  expect(new Set(health.map(({ status }) => status))).toEqual(new Set([200]));
  const firstRefused = Math.min(...refused.map(({ turn }) => turn));
  expect(Math.max(...health.map(({ turn }) => turn))).toBeLessThan(firstRefused);

  // And heals at once: as many as there are connections, with nobody before them.
  const after = await Promise.all(Array.from({ length: CONNECTIONS }, () => get('/look', agent)));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
  process.stdout.write(
    `refused within ${slowest(refused)} ms, health within ${slowest(health)} ms, ` +
      `afterwards served within ${slowest(after)} ms\n`,
  );
  agent.destroy();
});

test('waits and connections are told, and the outbox as its worker sees it', async () => {
  const metrics = createMetrics({ service: 'clients', revision: 'r1' });
  const onLent = metrics.lent('worker');
  const worker = connect({ url: service.database.url('clients_worker'), max: 1, onLent });
  metrics.watchPool('worker', worker.state);
  const old = '0199a000-0000-7000-8000-000000000000';
  await service.database.inspect(
    `INSERT INTO clients.outbox (tenant_id, id, type, subject, time, data)
     VALUES (gen_random_uuid(), '${old}', 'test', 'x', '2040-01-01T00:00:00Z', '{}')`,
  );
  const sampled = await sampleOutbox(worker);
  // By the clock of the database, whatever year the tenant's clock shows.
  expect(sampled.unsent).toBe(1);
  expect(sampled.oldest_unsent_seconds).toBeGreaterThan(3_600);
  const text = await metrics.text();
  for (const series of ['wait_time_seconds_count', 'max']) {
    expect(text).toMatch(
      new RegExp(`^db_client_connection_${series}\\{.*pool="worker".*\\} 1$`, 'm'),
    );
  }
  await worker.close();
});
