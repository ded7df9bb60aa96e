import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TenantCreated } from '@roundhouse/auth/events';
import { settingsOf } from '@roundhouse/testing';
import { aCoachRate, usd } from './builders.ts';
import { type ServedPricing, servePricing } from './serve-pricing.ts';

let pricing: ServedPricing;
beforeAll(async () => {
  pricing = await servePricing();
});
afterAll(() => pricing.stop());

describe('a rate card', () => {
  test('is entered with an id and a version, and can be read', async () => {
    const manager = pricing.manager();
    const { status, body, headers } = await manager.tries('createRateCard', {
      body: aCoachRate(),
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...aCoachRate(), version: 1 });
    expect(body.updated_at).toBe(body.created_at);
    expect(headers.get('etag')).toBe('"1"');
    expect(await manager.does('getRateCard', { params: { id: body.id } })).toEqual(body);
  });

  test('is one for each type of vehicle', async () => {
    const manager = pricing.manager();
    await manager.does('createRateCard', { body: aCoachRate() });
    const second = await manager.tries('createRateCard', { body: aCoachRate() });
    expect([second.status, second.code]).toEqual([409, 'rate_card_exists']);
  });

  test('of ten that are entered at once for one type, one stands', async () => {
    const manager = pricing.manager();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => manager.tries('createRateCard', { body: aCoachRate() })),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect((await manager.does('listRateCards', {})).data).toHaveLength(1);
  });

  test('twice with one key is one, with the same answer', async () => {
    const manager = pricing.manager();
    const key = { idempotency_key: 'form-1' };
    const first = await manager.tries('createRateCard', { body: aCoachRate() }, key);
    const second = await manager.tries('createRateCard', { body: aCoachRate() }, key);
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(await pricing.notesOf(manager)).toHaveLength(1);
  });

  test.each(['hourly', 'live_mile', 'deadhead_mile'])(
    'with %s in another currency is refused, new or changed',
    async (price) => {
      const manager = pricing.manager();
      const other = { [price]: { amount: 1, currency: 'EUR' } };
      const body = { ...aCoachRate(), ...other };
      const refused = { code: 'currency_mismatch', errors: [{ pointer: `/${price}/currency` }] };
      const created = await manager.tries('createRateCard', { body });
      expect([created.status, created.body]).toMatchObject([422, refused]);
      const { id } = await manager.does('createRateCard', { body: aCoachRate() });
      const changed = await manager.tries('changeRateCard', { params: { id }, body: other });
      expect([changed.status, changed.body]).toMatchObject([422, refused]);
    },
  );

  test('asks for the currency once, and never when it has heard of it', async () => {
    const early = pricing.manager();
    const before = pricing.asked();
    await early.does('createRateCard', { body: aCoachRate() });
    await early.does('createRateCard', { body: { ...aCoachRate(), vehicle_type: 'van_14' } });
    expect(pricing.asked() - before).toBe(1);

    const tenant_id = randomUUID();
    await pricing.hears(TenantCreated, {
      tenant_id,
      data: settingsOf(tenant_id, { currency: 'EUR' }),
    });
    const heard = await pricing.manager(tenant_id).tries('createRateCard', { body: aCoachRate() });
    expect(heard.code).toBe('currency_mismatch');
    expect(pricing.asked() - before).toBe(1);
  });

  test('is in the currency of the newest settings, in whatever order they were heard', async () => {
    const tenant_id = randomUUID();
    const newest = { ...settingsOf(tenant_id, { currency: 'EUR' }), version: 2 };
    const id = await pricing.hears(TenantCreated, { tenant_id, data: newest });
    await pricing.hears(TenantCreated, {
      tenant_id,
      data: settingsOf(tenant_id, { currency: 'USD' }),
    });
    await pricing.hears(TenantCreated, { tenant_id, data: newest, id });
    const dollars = await pricing
      .manager(tenant_id)
      .tries('createRateCard', { body: aCoachRate() });
    expect(dollars.code).toBe('currency_mismatch');
  });

  test('that changes has the next version, keeps what was not sent, and is noted', async () => {
    const manager = pricing.manager();
    const { id } = await manager.does('createRateCard', { body: aCoachRate() });
    const body = { hourly: usd(180_00) };
    const changed = await manager.does('changeRateCard', { params: { id }, body });
    expect(changed).toMatchObject({ ...aCoachRate(), hourly: usd(180_00), version: 2 });
    expect(await manager.does('getRateCard', { params: { id } })).toEqual(changed);
    expect(await pricing.notesOf(manager)).toEqual([
      { action: 'createRateCard', subject_type: 'rate_card', before: null, after: 1 },
      { action: 'changeRateCard', subject_type: 'rate_card', before: 1, after: 2 },
    ]);
  });

  test('with a stale version is not changed', async () => {
    const manager = pricing.manager();
    const { id } = await manager.does('createRateCard', { body: aCoachRate() });
    const params = { id };
    const seen = { if_match: 1 };
    await manager.does('changeRateCard', { params, body: { minimum_hours: 6 } }, seen);
    const late = await manager.tries(
      'changeRateCard',
      { params, body: { minimum_hours: 7 } },
      seen,
    );
    expect([late.status, late.code]).toEqual([412, 'version_stale']);
    expect(await manager.does('getRateCard', { params })).toMatchObject({ minimum_hours: 6 });
  });

  test('of ten changes by those who saw one version, one is made', async () => {
    const manager = pricing.manager();
    const { id } = await manager.does('createRateCard', { body: aCoachRate() });
    const change = { params: { id }, body: { minimum_hours: 6 } };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => manager.tries('changeRateCard', change, { if_match: 1 })),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  test.each([
    [{ vehicle_type: 'Coach 56' }, '/vehicle_type'],
    [{ minimum_hours: 25 }, '/minimum_hours'],
    [{ hourly: usd(-1) }, '/hourly/amount'],
    [{ live_mile: { amount: 4.5, currency: 'USD' } }, '/live_mile/amount'],
    [{ deadhead_mile: { amount: 1, currency: 'XXY' } }, '/deadhead_mile/currency'],
    [{ tenant_id: randomUUID() }, '/tenant_id'],
  ])('with %j is refused by its field', async (changes, pointer) => {
    const body = { ...aCoachRate(), ...changes };
    const answer = await pricing.manager().tries('createRateCard', { body });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'invalid', errors: [{ pointer }] });
  });

  test('changed to nothing, or to another type, is refused', async () => {
    const manager = pricing.manager();
    const { id } = await manager.does('createRateCard', { body: aCoachRate() });
    for (const body of [{}, { vehicle_type: 'van_14' }]) {
      const { status } = await manager.tries('changeRateCard', { params: { id }, body } as never);
      expect(status).toBe(422);
    }
  });
});

test('the list gives each card once, by type either way, and one type alone', async () => {
  const manager = pricing.manager();
  const types = ['bus_a', 'bus_b', 'bus_c', 'bus_d', 'bus_e'];
  for (const vehicle_type of types.toReversed()) {
    await manager.does('createRateCard', { body: { ...aCoachRate(), vehicle_type } });
  }
  for (const [sort, expected] of [
    ['vehicle_type', types],
    ['-vehicle_type', types.toReversed()],
  ] as const) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '2', sort };
      if (cursor !== null) query.cursor = cursor;
      const page: { data: { vehicle_type: string }[]; next_cursor: string | null } =
        await manager.does('listRateCards', { query });
      seen.push(...page.data.map(({ vehicle_type }) => vehicle_type));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(expected);
  }
  const query = { vehicle_type: 'bus_c' };
  const { data } = await manager.does('listRateCards', { query });
  expect(data.map(({ vehicle_type }) => vehicle_type)).toEqual(['bus_c']);
});

test.each([
  [{ limit: '0' }],
  [{ cursor: 'bogus' }],
  [{ sort: 'hourly' }],
  [{ vehicle_type: 'Coach 56' }],
  [{ tenant_id: randomUUID() }],
])('the list refuses %j', async (query) => {
  const { status } = await pricing.manager().tries('listRateCards', { query } as never);
  expect(status).toBe(422);
});
