import { describe, expect, test } from '@jest/globals';
import { KeyTable } from '@roundhouse/service/key-folder';
import fc from 'fast-check';
import {
  firstTable,
  nextKey,
  overdueDays,
  publishKey,
  RETIRE_AFTER,
  retireKeys,
  signingKey,
  signWithNext,
} from './rotation.ts';

const start = Temporal.Instant.from('2026-11-21T12:00:00Z');
const after = (minutes: number) => start.add({ minutes });
const kid = (number: number) => `key-${number}`.padEnd(43, '_');
const phases = (table: KeyTable) => table.keys.map((key) => `${key.kid[4]} ${key.phase}`);

test('a key is shown, then signs, then is known as long as its last token may be about', () => {
  let table = firstTable(kid(1), start);
  table = publishKey(table, kid(2), after(1));
  expect(phases(table)).toEqual(['1 signing', '2 published']);
  table = signWithNext(table, after(2));
  expect(phases(table)).toEqual(['1 retiring', '2 signing']);
  expect(retireKeys(table, after(17))).toBe(table);
  expect(phases(retireKeys(table, after(18)))).toEqual(['2 signing']);
});

test('a rotation that is begun twice has one next key', () => {
  const table = publishKey(firstTable(kid(1), start), kid(2), start);
  expect(publishKey(table, kid(3), start)).toBe(table);
});

test('nothing signs that nobody was shown', () => {
  expect(() => signWithNext(firstTable(kid(1), start), start)).toThrow('No key is published');
});

describe('a signing key of', () => {
  const table = firstTable(kid(1), start);
  test('90 days is young enough, and of 91 too old', () => {
    expect(overdueDays(table, start.add({ hours: 90 * 24 }))).toBeUndefined();
    expect(overdueDays(table, start.add({ hours: 91 * 24 }))).toBe(91);
  });
});

type Step = 'publish' | 'sign' | 'retire' | 'wait';
const steps = fc.array(fc.constantFrom<Step>('publish', 'sign', 'retire', 'wait'), {
  maxLength: 40,
});

test('whatever is done in whatever order: one key signs, and no good token loses its key', () => {
  fc.assert(
    fc.property(steps, (order) => {
      let now = start;
      let made = 1;
      let table = firstTable(kid(1), now);
      const signed_at = new Map<string, Temporal.Instant>();
      for (const step of order) {
        signed_at.set(signingKey(table).kid, now);
        if (step === 'wait') now = now.add({ minutes: 5 });
        if (step === 'publish') {
          made += 1;
          table = publishKey(table, kid(made), now);
        }
        if (step === 'sign' && nextKey(table) !== undefined) table = signWithNext(table, now);
        if (step === 'retire') table = retireKeys(table, now);
        expect(KeyTable.safeParse(table).success).toBe(true);
        for (const [signer, at] of signed_at) {
          const is_alive = Temporal.Instant.compare(now, at.add(RETIRE_AFTER)) < 0;
          if (is_alive) expect(table.keys.map((key) => key.kid)).toContain(signer);
        }
      }
    }),
  );
});
