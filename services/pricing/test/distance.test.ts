import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drivingSeconds, greatCircleMeters, milesOf, roadMeters } from '../src/distance.ts';
import { onTheEquator } from './builders.ts';

const nashville = { latitude: 36.12, longitude: -86.67 };
const losAngeles = { latitude: 33.94, longitude: -118.4 };
const pole = { latitude: 90, longitude: 0 };

const places = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('the great circle', () => {
  test.each([
    ['a degree of the equator', onTheEquator(0), onTheEquator(1), 111_195],
    ['the equator to the pole', onTheEquator(0), pole, 10_007_557],
    ['a point to its opposite', onTheEquator(0), onTheEquator(180), 20_015_114],
    ['Nashville to Los Angeles', nashville, losAngeles, 2_886_448],
    ['over the date line', onTheEquator(179.5), onTheEquator(-179.5), 111_195],
    ['to where it starts', nashville, nashville, 0],
  ])('from %s', (_, from, to, meters) => {
    expect(Math.round(greatCircleMeters(from, to))).toBe(meters);
  });

  test('is as long there as back, and never longer than half the Earth', () => {
    fc.assert(
      fc.property(places, places, (from, to) => {
        const there = greatCircleMeters(from, to);
        expect(greatCircleMeters(to, from)).toBe(there);
        expect(there).toBeLessThan(20_015_115);
      }),
    );
  });
});

test('a road is a quarter longer, from place to place in order', () => {
  expect(roadMeters([onTheEquator(0), onTheEquator(1)])).toBe(138_994);
  expect(roadMeters([onTheEquator(0), onTheEquator(1), onTheEquator(0)])).toBe(277_988);
});

test.each([
  [0, 0],
  [1, 1],
  [1_609, 1],
  [1_610, 2],
  [1_609_344, 1_000],
  [1_609_345, 1_001],
])('%i m are %i miles begun', (meters, miles) => {
  expect(milesOf(meters)).toBe(miles);
});

test('45 miles take an hour at 45 miles an hour, and a meter more a second more', () => {
  expect(drivingSeconds(72_420, 45)).toBe(3_600);
  expect(drivingSeconds(72_421, 45)).toBe(3_601);
});
