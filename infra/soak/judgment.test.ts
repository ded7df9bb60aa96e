import { expect, test } from '@jest/globals';
import { judge, settledAfter, type Timed, tableOf } from './judgment.ts';
import type { Sample } from './samples.ts';

/** Every ten seconds for ten minutes, with the ups and downs of a collector. */
const MINUTES = Array.from({ length: 60 }, (_, index) => index / 6);
const breath = (minutes: number) => 5 * Math.sin(minutes * 9);

function samples(change: (minutes: number) => Partial<Sample> = () => ({})): Sample[] {
  return MINUTES.map((minutes) => ({
    minutes,
    processes: { auth: { pid: 7, memory_mb: 90 + breath(minutes), handles: 40 } },
    ...{ connections: 80, unsent_events: 3, oldest_unsent_seconds: 0.2, ...change(minutes) },
  }));
}

const auth = (memory_mb: number, handles = 40, pid = 7) => ({
  processes: { auth: { pid, memory_mb, handles } },
});

const timed = (took: (minutes: number) => number = () => 10): Timed[] =>
  Array.from({ length: 6_000 }, (_, index) => ({
    minutes: index / 600,
    took_ms: took(index / 600) + (index % 10),
  }));

const red = (found: Sample[], times = timed()) =>
  judge(found, times)
    .filter(({ good }) => !good)
    .map(({ what }) => what);

test('a platform that stays as it is has nothing red', () => {
  expect(red(samples())).toEqual([]);
});

test('memory that rises by two megabytes a minute is a leak, whatever the collector does', () => {
  const leaking = samples((minutes) => auth(90 + 2 * minutes + breath(minutes)));
  expect(red(leaking)).toEqual(['auth: memory']);
});

test('memory that rises while all is warming up, and then stays, is none', () => {
  const warming = samples((minutes) => auth(60 + 20 * Math.min(minutes, 3) + breath(minutes)));
  expect(red(warming)).toEqual([]);
});

test('memory that rises by one step, and stays there, is none', () => {
  const stepping = samples((minutes) => auth(minutes < 6.4 ? 90 : 109));
  expect(red(stepping)).toEqual([]);
});

test('a leak is found beside processes that have none', () => {
  const two = samples((minutes) => ({
    processes: {
      auth: { pid: 7, memory_mb: 90, handles: 40 },
      bookings: { pid: 8, memory_mb: 90 + 1.5 * minutes, handles: 40 },
    },
  }));
  expect(red(two)).toEqual(['bookings: memory']);
});

test('handles that are opened and not closed are found', () => {
  expect(red(samples((minutes) => auth(90, 40 + Math.floor(3 * minutes))))).toEqual([
    'auth: open handles',
  ]);
});

test('connections that are not given back are found', () => {
  const growing = samples((minutes) => ({ connections: 80 + Math.floor(minutes) }));
  expect(red(growing)).toEqual(['connections to Postgres']);
});

test('an outbox that is not emptied is found', () => {
  const stuck = samples((minutes) => ({ oldest_unsent_seconds: minutes * 60 }));
  expect(red(stuck)).toEqual(['outbox: the oldest unsent event']);
});

test('answers that take twice as long in the end are found, a few slow ones are not', () => {
  expect(
    red(
      samples(),
      timed((minutes) => 20 * (1 + minutes)),
    ),
  ).toEqual(['latency, p95 of the first and of the last third']);
  const hiccups = timed((minutes) => (Math.round(minutes * 600) % 100 === 0 ? 500 : 10));
  expect(red(samples(), hiccups)).toEqual([]);
});

test('a process that ended is red, though the next one leaks nothing', () => {
  const restarted = samples((minutes) => auth(90, 40, minutes < 6 ? 7 : 8));
  expect(red(restarted)).toEqual(['auth: one process all the time']);
});

test('too few samples prove nothing', () => {
  expect(red(samples().slice(0, 5), timed())).toContain('samples after all had settled');
  expect(red([], [])).toContain('samples after all had settled');
});

test('a short run settles in a part of its time', () => {
  expect(settledAfter(10)).toBe(3);
  expect(settledAfter(2)).toBeCloseTo(0.8);
});

test('the table says what is red', () => {
  const table = tableOf(
    judge(
      samples((minutes) => auth(90 + 3 * minutes)),
      timed(),
    ),
  );
  expect(table).toMatch(
    /\| auth: memory \| 99\.? to 1\d\d MB, \+3\.00\/min \| < 1 MB\/min \| RED \|/,
  );
});
