import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TenantCreated } from '@roundhouse/auth/events';
import { settingsOf } from '@roundhouse/testing';
import { aCoachRate, aDepositPolicy, aTaxRate, aTrip, usd } from './builders.ts';
import { type ServedPricing, servePricing } from './serve-pricing.ts';

let pricing: ServedPricing;
beforeAll(async () => {
  pricing = await servePricing();
});
afterAll(() => pricing.stop());

describe('the price of a charter', () => {
  const aReadyManager = async () => {
    const manager = pricing.manager();
    await manager.does('createRateCard', { body: aCoachRate() });
    await manager.does('setTaxRate', { body: aTaxRate() });
    return manager;
  };

  test('has lines, tax, deposit, and the policy with its version', async () => {
    const manager = await aReadyManager();
    const price = await manager.does('priceCharter', { body: aTrip() });
    expect(price).toMatchObject({
      currency: 'USD',
      net: usd(2_358_00),
      tax: { ...aTaxRate(), version: 2, amount: usd(209_27) },
      total: usd(2_567_27),
      deposit: usd(513_45),
      balance: usd(2_053_82),
      policy: { version: 1, hold_hours: 48 },
      distance: { method: 'great_circle', factor_ppm: 1_250_000, estimated: true },
    });
    expect(price.vehicles).toMatchObject([
      { garage_out_at: '2027-03-12T07:48:00Z', garage_in_at: '2027-03-12T18:07:00Z' },
    ]);
  });

  /** As an outsider would: no line of ours, only what came over the wire. */
  const hashOf = (answer: object) => {
    const sorted = (_: string, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value;
    return createHash('sha256').update(JSON.stringify(answer, sorted)).digest('hex');
  };

  test('has a hash that anybody can recompute, and that any change breaks', async () => {
    const manager = await aReadyManager();
    const { hash, ...rest } = await manager.does('priceCharter', { body: aTrip() });
    expect(hashOf(rest)).toBe(hash);
    expect(hashOf({ ...rest, total: usd(2_567_26) })).not.toBe(hash);
  });

  test('is the same for the same question, also with the times in another offset', async () => {
    const manager = await aReadyManager();
    const first = await manager.does('priceCharter', { body: aTrip() });
    const local = { starts_at: '2027-03-12T01:00:00-07:00', ends_at: '2027-03-12T09:00:00-07:00' };
    expect(await manager.does('priceCharter', { body: { ...aTrip(), ...local } })).toEqual(first);
  });

  test('follows a change of rates; what was answered before stands', async () => {
    const manager = await aReadyManager();
    const before = await manager.does('priceCharter', { body: aTrip() });
    const kept = structuredClone(before);
    const [card] = (await manager.does('listRateCards', {})).data;
    const params = { id: card?.id ?? '' };
    await manager.does('changeRateCard', { params, body: { hourly: usd(200_00) } });
    await manager.does('setDepositPolicy', { body: aDepositPolicy() });
    const after = await manager.does('priceCharter', { body: aTrip() });
    const versionOf = (price: typeof before, rule: string) =>
      price.steps.find((step) => step.rule === rule)?.version;
    expect(after.net).toEqual(usd(2_725_50));
    expect([versionOf(after, 'hourly_rate'), versionOf(after, 'deposit')]).toEqual([2, 2]);
    expect([versionOf(kept, 'hourly_rate'), versionOf(kept, 'deposit')]).toEqual([1, 1]);
    const { hash, ...rest } = kept;
    expect(hashOf(rest)).toBe(hash);
  });

  test('is in the currency of the business', async () => {
    const tenant_id = randomUUID();
    await pricing.hears(TenantCreated, {
      tenant_id,
      data: settingsOf(tenant_id, { currency: 'JPY' }),
    });
    const yen = (amount: number) => ({ amount, currency: 'JPY' });
    const rates = { hourly: yen(20_000), live_mile: yen(500), deadhead_mile: yen(250) };
    await pricing
      .manager(tenant_id)
      .does('createRateCard', { body: { ...aCoachRate(), ...rates } });
    const price = await pricing.manager(tenant_id).does('priceCharter', { body: aTrip() });
    expect(price).toMatchObject({ currency: 'JPY', net: yen(279_500), total: yen(279_500) });
  });

  test('is not told for a type without rates, which is named', async () => {
    const [coach] = aTrip().vehicles;
    const vehicles = [{ ...coach, vehicle_type: 'limo' }, coach];
    const manager = await aReadyManager();
    const answer = await manager.tries('priceCharter', {
      body: { ...aTrip(), vehicles } as never,
    });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      code: 'no_rate_card',
      detail: 'There are no rates for limo.',
      errors: [{ pointer: '/vehicles/0/vehicle_type' }],
    });
  });

  const [coach] = aTrip().vehicles;
  test.each([
    ['span_invalid', { ends_at: '2027-03-12T08:00:00Z' }, '/ends_at'],
    [
      'span_invalid',
      { starts_at: '1200-01-01T00:00:00Z', ends_at: '1200-01-02T00:00:00Z' },
      '/starts_at',
    ],
    [
      'span_invalid',
      { starts_at: '2500-12-31T00:00:00Z', ends_at: '2500-12-31T23:59:59Z' },
      '/starts_at',
    ],
    ['vehicle_type_repeated', { vehicles: [coach, coach] }, '/vehicles/1/vehicle_type'],
    ['invalid', { stops: [{ latitude: 0, longitude: 0 }] }, '/stops'],
    [
      'invalid',
      {
        stops: [
          { latitude: 91, longitude: 0 },
          { latitude: 0, longitude: 0 },
        ],
      },
      '/stops/0/latitude',
    ],
    ['invalid', { starts_at: '2027-03-12T08:00:00' }, '/starts_at'],
    ['invalid', { vehicles: [] }, '/vehicles'],
    ['invalid', { vehicles: [{ ...coach, count: 51 }] }, '/vehicles/0/count'],
    ['invalid', { currency: 'EUR' }, '/currency'],
  ])('is refused as %s for %j', async (code, changes, pointer) => {
    const manager = await aReadyManager();
    const body = { ...aTrip(), ...changes } as never;
    const answer = await manager.tries('priceCharter', { body });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code, errors: [{ pointer }] });
  });

  test('is refused where it is beyond what money can say', async () => {
    const manager = pricing.manager();
    const body = { ...aCoachRate(), hourly: usd(1_000_000_000_000) };
    await manager.does('createRateCard', { body });
    const answer = await manager.tries('priceCharter', { body: aTrip() });
    expect([answer.status, answer.code]).toEqual([422, 'amount_too_large']);
  });
});
