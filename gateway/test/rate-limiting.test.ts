import { expect, test } from '@jest/globals';
import { createWindows, secondsLeft, useWindows } from '../src/limit-windows.ts';

/** The start of an hour. */
const HOUR = 1_800_000_000_000;

function admitted(windows: ReturnType<typeof createWindows>, bucket: string, now: number): boolean {
  return useWindows(windows, bucket, now).admitted;
}

test('of four requests in a minute that has room for three the last is refused', () => {
  const windows = createWindows({ minute: 3 });
  const answers = [0, 1, 2, 3].map((second) => admitted(windows, 'a', HOUR + second * 1000));
  expect(answers).toEqual([true, true, true, false]);
});

test('a window is one of the clock and not of the first request', () => {
  const windows = createWindows({ minute: 1 });
  expect(admitted(windows, 'a', HOUR + 59_999)).toBe(true);
  expect(admitted(windows, 'a', HOUR + 60_000)).toBe(true);
  expect(admitted(windows, 'a', HOUR + 60_001)).toBe(false);
});

test('callers do not share what they have left', () => {
  const windows = createWindows({ minute: 1 });
  expect(admitted(windows, 'a', HOUR)).toBe(true);
  expect(admitted(windows, 'b', HOUR)).toBe(true);
  expect(admitted(windows, 'a', HOUR)).toBe(false);
});

test('what the second refuses does not count for the minute', () => {
  const windows = createWindows({ second: 2, minute: 100 });
  for (const _ of [1, 2]) useWindows(windows, 'a', HOUR);
  expect(useWindows(windows, 'a', HOUR)).toEqual({
    admitted: false,
    remaining: [0, 98],
    tightest: 0,
  });
  expect(useWindows(windows, 'a', HOUR + 1000).remaining).toEqual([1, 97]);
});

test('of windows that leave the same the longest is told', () => {
  expect(useWindows(createWindows({ second: 5, minute: 5, hour: 5 }), 'a', HOUR).tightest).toBe(2);
});

test('the rest of a window is at least a second', () => {
  const [minute] = createWindows({ minute: 1 });
  if (minute === undefined) throw new Error('no window');
  useWindows([minute], 'a', HOUR);
  expect(secondsLeft(minute, HOUR)).toBe(60);
  expect(secondsLeft(minute, HOUR + 1500)).toBe(59);
  expect(secondsLeft(minute, HOUR + 59_999)).toBe(1);
});

test('a flood of addresses does not grow without end', () => {
  const [minute] = createWindows({ minute: 1 });
  if (minute === undefined) throw new Error('no window');
  for (let i = 0; i < 100_010; i++) useWindows([minute], `ip ${i}`, HOUR);
  expect(minute.counts.of.size).toBe(100_000);
});
