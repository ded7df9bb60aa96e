import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan } from '../src/charters/itinerary.ts';
import { choose, dues } from '../src/quotes/quote.ts';

const stop = (local: string, time_zone = 'America/New_York') => ({
  address: 'Somewhere',
  latitude: 40,
  longitude: -74,
  local_time: Temporal.PlainDateTime.from(local),
  time_zone,
});

describe('the clock on the wall', () => {
  test('in the spring gap is read with the offset before it (RFC 5545 3.3.5)', () => {
    const { starts_at } = plan([stop('2027-03-14T02:30'), stop('2027-03-14T09:00')]);
    expect(starts_at.toString()).toBe('2027-03-14T07:30:00Z');
  });

  test('in the autumn overlap is the first of the two', () => {
    const { starts_at } = plan([stop('2027-11-07T01:30'), stop('2027-11-07T09:00')]);
    expect(starts_at.toString()).toBe('2027-11-07T05:30:00Z');
  });

  test('is each stop’s own: west of a zone’s border it may show less than before', () => {
    const { stops } = plan([stop('2027-03-12T08:00'), stop('2027-03-12T07:30', 'America/Chicago')]);
    expect(stops.map(({ at }) => at.toString())).toEqual([
      '2027-03-12T13:00:00Z',
      '2027-03-12T13:30:00Z',
    ]);
  });
});

describe('what is due when', () => {
  const policy = {
    version: 1,
    hold_hours: 48,
    balance_days_before_start: 14,
    quote_valid_days: 30,
  };
  const now = Temporal.Instant.from('2026-11-21T09:00:00Z');

  test('the balance two weeks before the start', () => {
    const { balance_due_at } = dues(policy, Temporal.Instant.from('2027-03-12T13:00:00Z'), now);
    expect(balance_due_at.toString()).toBe('2027-02-26T13:00:00Z');
  });

  test('at once where the start is nearer than that', () => {
    const { balance_due_at } = dues(policy, now.add({ hours: 24 }), now);
    expect(balance_due_at).toEqual(now);
  });
});

test('who is chosen is free, of the wanted type, and as many as wanted; or nobody is', () => {
  const types = fc.constantFrom('coach', 'van', 'minibus');
  const wanted = fc.uniqueArray(
    fc.record({ vehicle_type: types, count: fc.integer({ min: 1, max: 3 }) }),
    { selector: ({ vehicle_type }) => vehicle_type, minLength: 1 },
  );
  const free = fc.uniqueArray(fc.record({ id: fc.uuid(), vehicle_type: types }), {
    selector: ({ id }) => id,
  });
  fc.assert(
    fc.property(wanted, free, (asked, there) => {
      const enough = asked.every(
        ({ vehicle_type, count }) =>
          there.filter((one) => one.vehicle_type === vehicle_type).length >= count,
      );
      if (!enough) return expect(() => choose(asked, there)).toThrow('Not enough');
      const chosen = choose(asked, there);
      expect(new Set(chosen.map(({ id }) => id)).size).toBe(chosen.length);
      for (const { vehicle_type, count } of asked) {
        expect(chosen.filter((one) => one.vehicle_type === vehicle_type)).toHaveLength(count);
      }
      expect(there).toEqual(expect.arrayContaining(chosen));
    }),
  );
});
