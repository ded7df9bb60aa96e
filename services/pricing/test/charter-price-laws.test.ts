import { describe, expect, test } from '@jest/globals';
import { add, sum } from '@roundhouse/money';
import fc from 'fast-check';
import { type CharterRequest, priceCharter, type Terms } from '../src/charter-price.ts';
import { INITIAL_DEPOSIT_POLICY } from '../src/policy.ts';
import { aCard, aCharter, aCoach, aVan, onTheEquator, usd } from './builders.ts';

describe('whatever is asked', () => {
  const places = fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  });
  const prices = fc.integer({ min: 0, max: 50_000 }).map(usd);
  const cards = fc.record({
    version: fc.integer({ min: 1, max: 9 }),
    minimum_hours: fc.integer({ min: 0, max: 24 }),
    hourly: prices,
    live_mile: prices,
    deadhead_mile: prices,
  });
  const agreed = fc
    .record({
      coach: cards,
      van: cards,
      rate_ppm: fc.integer({ min: 0, max: 1_000_000 }),
      deposit_ppm: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(
      (part): Terms => ({
        cards: [aCard(part.coach), aCard({ ...part.van, vehicle_type: 'van_14' })],
        tax: { version: 1, name: 'Tax', rate_ppm: part.rate_ppm },
        policy: { ...INITIAL_DEPOSIT_POLICY, deposit_ppm: part.deposit_ppm },
      }),
    );
  const charters = fc
    .record({
      stops: fc.array(places, { minLength: 2, maxLength: 6 }),
      minutes: fc.integer({ min: 1, max: 31 * 24 * 60 - 60 }),
      coaches: fc.record({ count: fc.integer({ min: 1, max: 50 }), base: places }),
      vans: fc.record({ count: fc.integer({ min: 1, max: 50 }), base: places }),
    })
    .map(({ stops, minutes, coaches, vans }) => {
      const { starts_at } = aCharter();
      const vehicles = [aCoach(coaches), aVan(vans)];
      return aCharter({ stops, ends_at: starts_at.add({ minutes }), vehicles });
    });

  test('lines add up to the net, net and tax to the total, deposit and balance to it too', () => {
    fc.assert(
      fc.property(charters, agreed, (charter, conditions) => {
        const { lines, net, tax, total, deposit, balance } = priceCharter(charter, conditions);
        expect(
          sum(
            lines.map(({ amount }) => amount),
            'USD',
          ),
        ).toEqual(net);
        expect(add(net, tax.amount)).toEqual(total);
        expect(add(deposit, balance)).toEqual(total);
        expect(Math.min(deposit.amount, balance.amount)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('a line is its quantity times its price, half a cent up', () => {
    fc.assert(
      fc.property(charters, agreed, (charter, conditions) => {
        for (const { quantity, unit_price, amount } of priceCharter(charter, conditions).lines) {
          expect(amount.amount).toBe(Math.round(Number(quantity) * unit_price.amount));
        }
      }),
    );
  });

  test('more time is never cheaper', () => {
    const longer = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(charters, agreed, longer, (charter, conditions, minutes) => {
        const later = { ...charter, ends_at: charter.ends_at.add({ minutes }) };
        const [short, long] = [charter, later].map((one) => priceCharter(one, conditions));
        expect(long?.total.amount).toBeGreaterThanOrEqual(short?.total.amount ?? 0);
      }),
    );
  });

  test('more miles are never cheaper: another stop on the way, or a garage farther off', () => {
    const degrees = fc.double({ min: 0, max: 80, noNaN: true });
    fc.assert(
      fc.property(agreed, degrees, degrees, (conditions, near, more) => {
        const [end, base] = [near, near + more].map((one) => onTheEquator(one));
        const straight = aCharter({ stops: [onTheEquator(0), onTheEquator(0)] });
        const around = aCharter({
          stops: [onTheEquator(0), end ?? onTheEquator(0), onTheEquator(0)],
        });
        const close = aCharter({ ...straight, vehicles: [aCoach({ base: end })] });
        const far = aCharter({ ...straight, vehicles: [aCoach({ base })] });
        const total = (charter: CharterRequest) => priceCharter(charter, conditions).total.amount;
        expect(total(around)).toBeGreaterThanOrEqual(total(straight));
        expect(total(far)).toBeGreaterThanOrEqual(total(close));
      }),
    );
  });

  test('the order of the vehicles changes no amount', () => {
    fc.assert(
      fc.property(charters, agreed, (charter, conditions) => {
        const turned = { ...charter, vehicles: charter.vehicles.toReversed() };
        const [one, other] = [charter, turned].map((each) => priceCharter(each, conditions));
        for (const part of ['net', 'total', 'deposit', 'balance'] as const) {
          expect(other?.[part]).toEqual(one?.[part]);
        }
        expect(new Set(other?.lines)).toEqual(new Set(one?.lines));
      }),
    );
  });
});
