import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { latenciesOf, median, percentile, slopeOf, sorted } from './statistics.ts';

test('the median is the middle one, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBe(0);
});

test('ninety-nine of a hundred lie below the 99th percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.99)).toBe(100);
  expect(percentile(hundred, 0.5)).toBe(51);
  expect(latenciesOf(hundred.toReversed())).toEqual({
    ...{ p50_ms: 51, p95_ms: 96, p99_ms: 100, max_ms: 100 },
  });
});

test('a percentile is one of the figures, and none lies outside of them', () => {
  const figures = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(figures, fc.double({ min: 0, max: 1, noNaN: true }), (values, part) => {
      expect(values).toContain(percentile(sorted(values), part));
    }),
  );
});

test('the slope of a line is its slope, whatever single figures jump', () => {
  const line = Array.from({ length: 30 }, (_, at) => ({ at, value: 100 + 2 * at }));
  expect(slopeOf(line)).toBeCloseTo(2);
  const jumpy = line.map((point) => (point.at % 10 === 0 ? { ...point, value: 500 } : point));
  expect(slopeOf(jumpy)).toBeCloseTo(2, 0);
  expect(slopeOf(line.map(({ at }) => ({ at, value: 7 })))).toBe(0);
  expect(slopeOf([])).toBe(0);
});
