import { expect, test } from '@jest/globals';
import { median } from '../bench/statistics.ts';
import { seeded } from './random.ts';

const drawn = (seed: number, part = 'one') => {
  const random = seeded(seed).fork(part);
  return Array.from({ length: 20 }, () => [random.next(), random.below(7), random.uuid()]);
};

test('the same seed draws the same, another seed or another part something else', () => {
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
  expect(drawn(7)).not.toEqual(drawn(7, 'two'));
});

test('what a part draws changes nothing for another part', () => {
  const root = seeded(3);
  const before = root.fork('late').next();
  root.fork('early').next();
  root.next();
  expect(root.fork('late').next()).toBe(before);
});

test('choices go by weight', () => {
  const random = seeded(1);
  const kinds = [
    { name: 'often', weight: 9 },
    { name: 'seldom', weight: 1 },
  ];
  const drawn = Array.from({ length: 10_000 }, () => random.weighted(kinds).name);
  const seldom = drawn.filter((name) => name === 'seldom').length;
  expect(seldom).toBeGreaterThan(900);
  expect(seldom).toBeLessThan(1_100);
});

test('arrivals of a Poisson process come as often as was asked for', () => {
  const random = seeded(1);
  const gaps = Array.from({ length: 10_000 }, () => random.exponential(10));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  expect(mean).toBeGreaterThan(9.7);
  expect(mean).toBeLessThan(10.3);
});

test('a uuid is one of version 4, and no two are equal', () => {
  const random = seeded(1);
  const uuids = Array.from({ length: 10_000 }, () => random.uuid());
  expect(new Set(uuids).size).toBe(uuids.length);
  for (const uuid of uuids) {
    expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
});

test('numbers are spread evenly, and the same for the same seed', () => {
  const [one, other] = [seeded(5).next, seeded(5).next];
  const values = Array.from({ length: 1_000 }, one);
  expect(values).toEqual(Array.from({ length: 1_000 }, other));
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(median(values)).toBeCloseTo(0.5, 1);
});
