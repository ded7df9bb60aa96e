import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aDepositPolicy, aTaxRate } from './builders.ts';
import { type ServedPricing, servePricing } from './serve-pricing.ts';

let pricing: ServedPricing;
beforeAll(async () => {
  pricing = await servePricing();
});
afterAll(() => pricing.stop());

describe.each([
  {
    kind: 'tax_rate',
    get: 'getTaxRate' as const,
    set: 'setTaxRate' as const,
    initial: { version: 1, name: 'Tax', rate_ppm: 0 },
    terms: aTaxRate(),
    other: { ...aTaxRate(), rate_ppm: 80_000 },
    wrong: { ...aTaxRate(), rate_ppm: 1_000_001 },
    pointer: '/rate_ppm',
  },
  {
    kind: 'deposit_policy',
    get: 'getDepositPolicy' as const,
    set: 'setDepositPolicy' as const,
    initial: {
      version: 1,
      deposit_ppm: 200_000,
      hold_hours: 48,
      balance_days_before_start: 14,
      quote_valid_days: 30,
    },
    terms: aDepositPolicy(),
    other: { ...aDepositPolicy(), hold_hours: 72 },
    wrong: { ...aDepositPolicy(), hold_hours: 0 },
    pointer: '/hold_hours',
  },
])('the $kind', ({ kind, get, set, initial, terms, other, wrong, pointer }) => {
  test('is the built-in one until it is set', async () => {
    const { body, headers } = await pricing.manager().tries(get, {});
    expect(body).toEqual(initial);
    expect(headers.get('etag')).toBe('"1"');
  });

  test('that is set has the next version, is noted, and overwrites none before it', async () => {
    const manager = pricing.manager();
    expect(await manager.does(set, { body: terms as never })).toEqual({ ...terms, version: 2 });
    expect(await manager.does(set, { body: other as never })).toEqual({ ...other, version: 3 });
    expect(await manager.does(get, {})).toEqual({ ...other, version: 3 });
    const rows = await pricing.database.inspect(
      `SELECT kind, version::int, terms FROM pricing.policies
         WHERE tenant_id = $1 ORDER BY version`,
      [manager.tenant_id],
    );
    expect(rows).toEqual([
      { kind, version: 2, terms },
      { kind, version: 3, terms: other },
    ]);
    expect(await pricing.notesOf(manager)).toEqual([
      { action: set, subject_type: kind, before: 1, after: 2 },
      { action: set, subject_type: kind, before: 2, after: 3 },
    ]);
  });

  test('that is set twice to the same is one change', async () => {
    const manager = pricing.manager();
    await manager.does(set, { body: terms as never });
    expect(await manager.does(set, { body: terms as never })).toMatchObject({ version: 2 });
    expect(await pricing.notesOf(manager)).toHaveLength(1);
  });

  test('with a stale version is not set', async () => {
    const manager = pricing.manager();
    await manager.does(set, { body: terms as never }, { if_match: 1 });
    const late = await manager.tries(set, { body: other as never }, { if_match: 1 });
    expect([late.status, late.code]).toEqual([412, 'version_stale']);
    expect(await manager.does(get, {})).toMatchObject(terms);
  });

  test('of ten that saw one version and set it at once, one wins', async () => {
    const manager = pricing.manager();
    const seen = { if_match: 1 };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => manager.tries(set, { body: terms as never }, seen)),
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 412);
    expect([won.length, lost.length]).toEqual([1, 9]);
  });

  test('is refused by its field when it makes no sense, or is not all there', async () => {
    const refused = await pricing.manager().tries(set, { body: wrong as never });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code: 'invalid', errors: [{ pointer }] });
    expect((await pricing.manager().tries(set, { body: {} as never })).status).toBe(422);
  });
});
