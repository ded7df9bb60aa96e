import { describe, expect, test } from '@jest/globals';
import type { DomainError } from '@roundhouse/errors';
import { add, sum } from '@roundhouse/money';
import { Money } from '@roundhouse/money/schema';
import fc from 'fast-check';
import { type CharterRequest, priceCharter, type Terms } from '../src/charter-price.ts';
import { INITIAL_DEPOSIT_POLICY, revise } from '../src/policy.ts';
import { aCard, aCharter, at, onTheEquator, usd } from './builders.ts';

const terms = (changes: Partial<Terms> = {}): Terms => ({
  cards: [aCard()],
  tax: { version: 3, name: 'NY sales tax', rate_ppm: 88_750 },
  policy: INITIAL_DEPOSIT_POLICY,
  ...changes,
});

const coach = (changes: object = {}) => ({
  vehicle_type: 'coach_56',
  count: 1,
  base: onTheEquator(-0.1),
  ...changes,
});

const van = (changes: object = {}) => coach({ vehicle_type: 'van_14', ...changes });

describe('a day out with one coach', () => {
  const price = priceCharter(aCharter(), terms());

  test('is out from the garage and back to it, to whole minutes', () => {
    expect(price.vehicles).toEqual([
      {
        vehicle_type: 'coach_56',
        count: 1,
        live_meters: 138_994,
        deadhead_meters: 13_900 + 152_894,
        garage_out_at: at('2027-03-12T07:48:00Z'),
        garage_in_at: at('2027-03-12T18:07:00Z'),
      },
    ]);
  });

  test('costs quarter hours and miles begun', () => {
    const lines = price.lines.map(({ quantity, unit, amount }) => [quantity, unit, amount.amount]);
    expect(lines).toEqual([
      ['10.5', 'hour', 1_732_50],
      ['87', 'mile', 391_50],
      ['104', 'mile', 234_00],
    ]);
  });

  test('is taxed on the net, and split into deposit and balance', () => {
    expect(price.net).toEqual(usd(2_358_00));
    expect(price.tax.amount).toEqual(usd(209_27));
    expect(price.total).toEqual(usd(2_567_27));
    expect([price.deposit, price.balance]).toEqual([usd(513_45), usd(2_053_82)]);
  });

  test('says each rule that was applied, with the version of what it stands in', () => {
    const steps = price.steps.map(({ rule, version, amount }) => [rule, version, amount?.amount]);
    expect(steps).toEqual([
      ['live_distance', null, undefined],
      ['deadhead_distance', null, undefined],
      ['deadhead_time', null, undefined],
      ['quarter_hours', null, undefined],
      ['hourly_rate', 1, 1_732_50],
      ['live_mile_rate', 1, 391_50],
      ['deadhead_mile_rate', 1, 234_00],
      ['net', null, 2_358_00],
      ['tax', 3, 209_27],
      ['deposit', 1, 513_45],
      ['balance', 1, 2_053_82],
    ]);
  });

  test('says so in words that a client understands', () => {
    const [live, , empty, quarters] = price.steps.map(({ detail }) => detail);
    expect(live).toBe(
      'From stop to stop as the crow flies, times 1.25 for the roads: about 138994 m, 87 miles a vehicle.',
    );
    expect(empty).toContain('leaves the garage 12 minutes before the start');
    expect(empty).toContain('is back 127 minutes after the end');
    expect(quarters).toBe(
      '619 minutes from garage to garage, in quarter hours begun: 10.5 hours a vehicle.',
    );
  });
});

test('a short trip costs the minimum hours, and says so with the version of the card', () => {
  const cards = [aCard({ minimum_hours: 12, version: 4 })];
  const { lines, steps } = priceCharter(aCharter(), terms({ cards }));
  expect(lines[0]).toMatchObject({ quantity: '12', amount: usd(1_980_00) });
  expect(steps.find(({ rule }) => rule === 'minimum_hours')).toMatchObject({ version: 4 });
});

test('two coaches cost twice the lines of one, each with its own roundings', () => {
  const vehicles = [coach({ count: 2 })];
  const { lines, net } = priceCharter(aCharter({ vehicles }), terms());
  expect(lines.map(({ quantity }) => quantity)).toEqual(['21', '174', '208']);
  expect(net).toEqual(usd(4_716_00));
});

test('a coach that lives where the trip starts and ends has no empty miles', () => {
  const vehicles = [coach({ base: onTheEquator(0) })];
  const stops = [onTheEquator(0), onTheEquator(1), onTheEquator(0)];
  const { lines } = priceCharter(aCharter({ stops, vehicles }), terms());
  expect(lines.map(({ kind }) => kind)).toEqual(['time', 'live_miles']);
});

test.each([
  ['none', 0, usd(0), usd(2_567_27)],
  ['all of it', 1_000_000, usd(2_567_27), usd(0)],
])('a deposit can be %s', (_, deposit_ppm, deposit, balance) => {
  const policy = { ...INITIAL_DEPOSIT_POLICY, deposit_ppm };
  expect(priceCharter(aCharter(), terms({ policy }))).toMatchObject({ deposit, balance });
});

describe('refused', () => {
  const refusal = (changes: Partial<CharterRequest>, agreed = terms()) => {
    try {
      priceCharter(aCharter(changes), agreed);
    } catch (error) {
      const { code, extras } = error as DomainError;
      return [code, ...(extras.errors ?? []).map(({ pointer }) => pointer)];
    }
    return undefined;
  };
  const starts_at = at('2027-03-12T08:00:00Z');

  test.each([
    ['ends when it starts', { ends_at: starts_at }, '/ends_at'],
    ['ends before it starts', { ends_at: at('2027-03-12T07:59:59Z') }, '/ends_at'],
    ['takes 31 days and a second', { ends_at: at('2027-04-12T08:00:01Z') }, '/ends_at'],
    [
      'was in 1999',
      { starts_at: at('1999-12-31T23:59:59Z'), ends_at: at('2000-01-02T00:00:00Z') },
      '/starts_at',
    ],
    [
      'ends in 2200',
      { starts_at: at('2199-12-31T00:00:00Z'), ends_at: at('2200-01-01T00:00:01Z') },
      '/starts_at',
    ],
  ])('is a charter that %s', (_, changes, pointer) => {
    expect(refusal(changes)).toEqual(['span_invalid', pointer]);
  });

  test('is not a charter of 31 days', () => {
    expect(refusal({ ends_at: at('2027-04-12T08:00:00Z') })).toBeUndefined();
  });

  test('is a type that comes twice', () => {
    const vehicles = [coach(), van(), coach({ count: 3 })];
    expect(refusal({ vehicles })).toEqual(['vehicle_type_repeated', '/vehicles/2/vehicle_type']);
  });

  test('are the types without rates, each by its place', () => {
    const vehicles = [van(), coach(), van({ vehicle_type: 'limo' })];
    expect(refusal({ vehicles })).toEqual([
      'no_rate_card',
      '/vehicles/0/vehicle_type',
      '/vehicles/2/vehicle_type',
    ]);
  });

  const most = 1_000_000_000_000;

  test('is a line, and a total, beyond what money can say', () => {
    expect(Money.safeParse(usd(most)).success).toBe(true);
    expect(Money.safeParse(usd(most + 1)).success).toBe(false);
    const code = ['amount_too_large', '/vehicles'];
    expect(refusal({}, terms({ cards: [aCard({ hourly: usd(most) })] }))).toEqual(code);
    // 87 miles at just under the limit, and then the tax.
    const live_mile = usd(Math.floor(most / 87));
    const free = { hourly: usd(0), deadhead_mile: usd(0), live_mile };
    expect(refusal({}, terms({ cards: [aCard(free)] }))).toEqual(code);
    const tax = { version: 1, name: 'Tax', rate_ppm: 0 };
    expect(refusal({}, terms({ cards: [aCard(free)], tax }))).toBeUndefined();
  });
});

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
      const vehicles = [coach(coaches), van(vans)];
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
        const close = aCharter({ ...straight, vehicles: [coach({ base: end })] });
        const far = aCharter({ ...straight, vehicles: [coach({ base })] });
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

describe('a policy', () => {
  test('that changes is the next version, and the former stays as it was', () => {
    const { version: _, ...terms } = INITIAL_DEPOSIT_POLICY;
    const revised = revise(INITIAL_DEPOSIT_POLICY, { ...terms, hold_hours: 24 });
    expect(revised).toEqual({ ...INITIAL_DEPOSIT_POLICY, version: 2, hold_hours: 24 });
    expect(INITIAL_DEPOSIT_POLICY).toMatchObject({ version: 1, hold_hours: 48 });
  });

  test('that is set to what it says is the same version', () => {
    const { version: _, ...terms } = INITIAL_DEPOSIT_POLICY;
    expect(revise(INITIAL_DEPOSIT_POLICY, terms)).toBe(INITIAL_DEPOSIT_POLICY);
  });
});
