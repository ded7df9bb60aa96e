import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contract } from '../src/contract.ts';
import { aCoachRate, aDepositPolicy, aTaxRate, aTrip } from './builders.ts';
import { type ServedPricing, servePricing } from './serve-pricing.ts';

let pricing: ServedPricing;
beforeAll(async () => {
  pricing = await servePricing();
});
afterAll(() => pricing.stop());

describe('the wall', () => {
  test('another business sees and changes nothing of ours, and has its own rates', async () => {
    const manager = pricing.manager();
    const { id } = await manager.does('createRateCard', { body: aCoachRate() });
    await manager.does('setTaxRate', { body: aTaxRate() });
    await manager.does('setDepositPolicy', { body: aDepositPolicy() });
    const rival = pricing.manager();
    const params = { id };
    expect((await rival.tries('getRateCard', { params })).status).toBe(404);
    const change = { params, body: { minimum_hours: 1 } };
    expect((await rival.tries('changeRateCard', change)).status).toBe(404);
    expect((await rival.does('listRateCards', {})).data).toEqual([]);
    expect(await rival.does('getTaxRate', {})).toMatchObject({ version: 1, rate_ppm: 0 });
    expect(await rival.does('getDepositPolicy', {})).toMatchObject({ version: 1 });
    expect((await rival.tries('priceCharter', { body: aTrip() })).code).toBe('no_rate_card');
    expect(await rival.does('createRateCard', { body: aCoachRate() })).toMatchObject({
      version: 1,
    });
    expect(await manager.does('getRateCard', { params })).toMatchObject(aCoachRate());
  });

  const params = { id: randomUUID() };
  const everything = {
    createRateCard: { body: aCoachRate() },
    getRateCard: { params },
    listRateCards: {},
    changeRateCard: { params, body: { minimum_hours: 1 } },
    getTaxRate: {},
    setTaxRate: { body: aTaxRate() },
    getDepositPolicy: {},
    setDepositPolicy: { body: aDepositPolicy() },
    priceCharter: { body: aTrip() },
    listAudit: {},
  } satisfies Record<keyof typeof contract.routes, object>;

  test.each(Object.entries(everything))(
    '%s needs a token, and its permission',
    async (name, input) => {
      const operation = name as 'getTaxRate';
      const stranger = await pricing.stranger().tries(operation, input as never);
      expect([stranger.status, stranger.code]).toEqual([401, 'token_missing']);
      const staff = await pricing.actor(['staff']).tries(operation, input as never);
      expect([staff.status, staff.code]).toEqual([403, 'permission_missing']);
      const dispatcher = await pricing.actor(['dispatcher']).tries(operation, input as never);
      const reads = contract.routes[operation].permission === 'pricing:read';
      expect(dispatcher.code === 'permission_missing').toBe(!reads);
    },
  );
});
