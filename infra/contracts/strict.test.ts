/** A test's service is strict: it fails loudly where it breaks its own contract. Here it does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql, type Tenant } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import { createService, type Handlers } from '@roundhouse/service';
import { defineContract } from '@roundhouse/service/contract';
import { type Actor, type ServedService, serve } from '@roundhouse/testing';
import { z } from 'zod';

const count = {
  method: 'post',
  summary: 'Ask the database so many times',
  permission: 'clients:read',
  body: z.object({ times: z.int() }),
  status: 200,
  response: z.object({ done: z.literal(true) }),
} as const;

// Stands in the schema of a real service, since a database is migrated for those alone.
const contract = defineContract('clients', {
  count: { ...count, path: '/count' },
  countFew: { ...count, path: '/count-few', max_trips: 1 },
  answer: { ...count, path: '/answer' },
  refuse: { ...count, path: '/refuse', errors: { too_late: 409 } },
});

const ask = async (tenant: Tenant, times: number): Promise<{ done: true }> => {
  for (let asked = 0; asked < times; asked += 1) await tenant.read((tx) => tx.query(sql`SELECT 1`));
  return { done: true };
};

const handlers: Handlers<typeof contract> = {
  count: ({ body }, { tenant }) => ask(tenant, body.times),
  countFew: ({ body }, { tenant }) => ask(tenant, body.times),
  answer: async ({ body }) => ({ done: body.times === 1 }) as { done: true },
  refuse: async ({ body }) => {
    throw conflict(body.times === 1 ? 'too_late' : 'too_early', 'Not now.');
  },
};

let service: ServedService<typeof contract>;
let actor: Actor<typeof contract>;
beforeAll(async () => {
  service = await serve({
    contract,
    createApp: (dependencies) => createService(contract, handlers, dependencies),
  });
  actor = service.actor(['owner']);
});
afterAll(() => service.stop());

const times = (count: number) => ({ body: { times: count } });

describe('round trips', () => {
  test('as many as a route may take are taken', async () => {
    expect(await actor.does('count', times(4))).toEqual({ done: true });
    expect(await actor.does('countFew', times(1))).toEqual({ done: true });
  });

  test('one more fails the test that asked', async () => {
    await expect(actor.tries('count', times(5))).rejects.toThrow('count answered 500');
    await expect(actor.tries('countFew', times(2))).rejects.toThrow('countFew answered 500');
  });
});

test('an answer outside its shape fails the test that asked', async () => {
  expect(await actor.does('answer', times(1))).toEqual({ done: true });
  await expect(actor.tries('answer', times(2))).rejects.toThrow('answer answered 500');
});

test('a refusal that no contract lists fails the test that asked', async () => {
  expect((await actor.tries('refuse', times(1))).code).toBe('too_late');
  await expect(actor.tries('refuse', times(2))).rejects.toThrow('is not in the contract');
});
