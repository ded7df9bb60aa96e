import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { add, allocate, fraction, money, sum, taxOn } from '../src/money.ts';

const usd = (amount: number) => money(amount, 'USD');

describe('tax', () => {
  test.each([
    [818_000, 99_750, 81_596],
    [14_000, 99_750, 1_397],
    [24_167, 200_000, 4_833],
    [0, 99_750, 0],
  ])('on %i at %i parts per million is %i: a half goes up', (net, rate, tax) => {
    expect(taxOn(usd(net), rate)).toEqual(usd(tax));
  });

  test('of a credit is the tax of the sale with the sign turned', () => {
    expect(taxOn(usd(-14_000), 99_750)).toEqual(usd(-1_397));
  });
});

test('a half goes to the even neighbor where statistics ask for it', () => {
  expect(fraction(usd(5), 1, 2, 'half_even')).toEqual(usd(2));
  expect(fraction(usd(7), 1, 2, 'half_even')).toEqual(usd(4));
});

describe('splitting', () => {
  const amounts = fc.integer({ min: -1e12, max: 1e12 });
  const weights = fc
    .array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 30 })
    .filter((all) => all.some((weight) => weight > 0));

  test('loses no unit, whatever the amount and the weights', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, parts) => {
        expect(sum(allocate(usd(amount), parts), 'USD')).toEqual(usd(amount));
      }),
    );
  });

  test('gives nobody more than a unit beside the exact share', () => {
    fc.assert(
      fc.property(amounts, weights, (amount, parts) => {
        const total = parts.reduce((all, weight) => all + weight, 0);
        for (const [index, part] of allocate(usd(amount), parts).entries()) {
          const exact = (amount * (parts[index] ?? 0)) / total;
          expect(Math.abs(part.amount - exact)).toBeLessThanOrEqual(1.001);
        }
      }),
    );
  });

  test('gives the odd cent to the first of equal parts', () => {
    expect(allocate(usd(100), [1, 1, 1])).toEqual([usd(34), usd(33), usd(33)]);
  });
});

test('dollars and euros are not added', () => {
  expect(() => add(usd(1), money(1, 'EUR'))).toThrow(TypeError);
});

test.each([0.1, 2 ** 53, Number.NaN])('%d is no amount', (amount) => {
  expect(() => usd(amount)).toThrow(RangeError);
});
