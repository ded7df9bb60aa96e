import { describe, expect, test } from '@jest/globals';
import type { DomainError } from '@roundhouse/errors';
import { Money } from '@roundhouse/money/schema';
import { type CharterRequest, priceCharter, type Terms } from '../src/charter-price.ts';
import { INITIAL_DEPOSIT_POLICY } from '../src/policy.ts';
import { aCard, aCharter, aCoach, at, aVan, onTheEquator, usd } from './builders.ts';

const terms = (changes: Partial<Terms> = {}): Terms => ({
  cards: [aCard()],
  tax: { version: 3, name: 'NY sales tax', rate_ppm: 88_750 },
  policy: INITIAL_DEPOSIT_POLICY,
  ...changes,
});

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
      'From stop to stop as the crow flies, times 1.25 for the roads:' +
        ' about 138994 m, 87 miles a vehicle.',
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
  const vehicles = [aCoach({ count: 2 })];
  const { lines, net } = priceCharter(aCharter({ vehicles }), terms());
  expect(lines.map(({ quantity }) => quantity)).toEqual(['21', '174', '208']);
  expect(net).toEqual(usd(4_716_00));
});

test('a coach that lives where the trip starts and ends has no empty miles', () => {
  const vehicles = [aCoach({ base: onTheEquator(0) })];
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
    const vehicles = [aCoach(), aVan(), aCoach({ count: 3 })];
    expect(refusal({ vehicles })).toEqual(['vehicle_type_repeated', '/vehicles/2/vehicle_type']);
  });

  test('are the types without rates, each by its place', () => {
    const vehicles = [aVan(), aCoach(), aVan({ vehicle_type: 'limo' })];
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
    // Beyond what a number holds: the line itself is refused, before anything is added up.
    const fleet = { vehicles: [aCoach({ count: 50 })], ends_at: at('2027-04-12T08:00:00Z') };
    expect(refusal(fleet, terms({ cards: [aCard({ hourly: usd(most) })] }))).toEqual(code);
    // 87 miles at just under the limit, and then the tax.
    const live_mile = usd(Math.floor(most / 87));
    const free = { hourly: usd(0), deadhead_mile: usd(0), live_mile };
    expect(refusal({}, terms({ cards: [aCard(free)] }))).toEqual(code);
    const tax = { version: 1, name: 'Tax', rate_ppm: 0 };
    expect(refusal({}, terms({ cards: [aCard(free)], tax }))).toBeUndefined();
  });
});
