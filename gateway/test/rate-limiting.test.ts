import { expect, test } from '@jest/globals';
import type { Exchange } from '../src/exchange.ts';
import { CountStore, createWindows, secondsLeft, useWindows } from '../src/limit-windows.ts';
import type { PluginConfig } from '../src/plugin-schemas.ts';
import { rateLimiting } from '../src/rate-limiting.ts';
import type { RedisConnections } from '../src/redis-connection.ts';

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

test('of a long header no more is kept than of a short one', () => {
  const store = new CountStore();
  const by = { limit_by: 'header', header_name: 'Authorization', policy: 'local' };
  const config = { ...by, minute: 2 } as unknown as PluginConfig<'rate-limiting'>;
  const about = { scope: 'clients', store, connections: {} as RedisConnections };
  const { access } = rateLimiting(config, about);
  const asks = (authorization: string) => {
    const head = { passed: ['Authorization', authorization] };
    return access?.({ head, peer: '::1', startedAt: HOUR } as unknown as Exchange);
  };
  const [one, other] = [`Bearer${' '.repeat(7_000)}a`, `Bearer${' '.repeat(7_000)}b`];
  expect([asks(one), asks(one), asks(other)]).toEqual([undefined, undefined, undefined]);
  expect(asks(one)).toMatchObject({ status: 429 });
  const buckets = [...store.of('clients', 'Minute').of.keys()];
  expect([buckets.length, Math.max(...buckets.map(({ length }) => length)) < 100]).toEqual([
    2,
    true,
  ]);
});
