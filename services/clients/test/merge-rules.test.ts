import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../src/clients/store.ts';
import { merge } from '../src/merges/merge.ts';
import { mergeFields } from '../src/merges/states.ts';

const now = Temporal.Instant.from('2026-11-21T09:30:00Z');

const nullable = (...values: string[]) => fc.constantFrom(null, ...values);
const clientOf = (id: string): fc.Arbitrary<Client> =>
  fc.record({
    id: fc.constant(id),
    version: fc.integer({ min: 1, max: 99 }),
    kind: fc.constantFrom('person' as const, 'company' as const),
    name: fc.constantFrom('Ann', 'Bea'),
    first_name: nullable('Ann'),
    last_name: nullable('Lee'),
    company_name: nullable('Ann Inc.'),
    email: nullable('ann@lee.example', 'ANN@lee.example', 'bea@lee.example'),
    phone: nullable('+12125550101', '+12125550102'),
    time_zone: fc.constantFrom('UTC', 'America/New_York'),
    locale: nullable('en-US', 'fr'),
    external_id: nullable(`${id}-1`),
    tags: fc.subarray(['School', 'VIP', 'vip', 'Ärzte']),
    custom_fields: fc.dictionary(fc.constantFrom('grade', 'size'), fc.constantFrom('a', 'b')),
    status: fc.constantFrom('active' as const, 'barred' as const),
    archived_at: fc.constantFrom(null, now),
    created_at: fc.constant(now),
    updated_at: fc.constant(now),
  });
const take = fc.subarray([...mergeFields]);
const pairs = fc.record({ kept: clientOf('kept'), other: clientOf('other'), take });

describe('of two clients one', () => {
  test('loses no value: each is kept, or told among those that are left', () => {
    fc.assert(
      fc.property(pairs, ({ kept, other, take }) => {
        const merged = merge(kept, other, { take, now });
        const left = (field: string) => merged.left.find((one) => one.field === field)?.left;
        for (const field of ['name', 'email', 'phone', 'time_zone', 'locale'] as const) {
          for (const value of [kept[field], other[field]]) {
            if (value === null) continue;
            const there = [merged.kept[field], left(field)].map((one) => String(one).toLowerCase());
            expect(there).toContain(value.toLowerCase());
          }
        }
        for (const { custom_fields } of [kept, other]) {
          for (const [key, value] of Object.entries(custom_fields)) {
            expect([merged.kept.custom_fields[key], left(`custom_fields/${key}`)]).toContain(value);
          }
        }
      }),
    );
  });

  test('keeps each way to reach it, as its own or by a contact', () => {
    fc.assert(
      fc.property(pairs, ({ kept, other, take }) => {
        const merged = merge(kept, other, { take, now });
        for (const field of ['email', 'phone'] as const) {
          const ways = [merged.kept[field], merged.reach?.[field]].map((one) =>
            String(one).toLowerCase(),
          );
          for (const one of [kept, other]) {
            if (one[field] !== null) expect(ways).toContain(one[field].toLowerCase());
          }
        }
      }),
    );
  });

  test('is barred if either was, and knows both external ids', () => {
    fc.assert(
      fc.property(pairs, ({ kept, other, take }) => {
        const merged = merge(kept, other, { take, now });
        const barred = [kept, other].some(({ status }) => status === 'barred');
        expect(merged.kept.status).toBe(barred ? 'barred' : 'active');
        const ids = (all: Client[]) => all.flatMap(({ external_id }) => external_id ?? []);
        expect(ids([merged.kept, merged.gone]).toSorted()).toEqual(ids([kept, other]).toSorted());
      }),
    );
  });

  test('takes what it is told to take, and else keeps its own', () => {
    fc.assert(
      fc.property(pairs, ({ kept, other, take }) => {
        const merged = merge(kept, other, { take, now });
        for (const field of ['email', 'phone', 'locale', 'external_id'] as const) {
          const wanted = take.includes(field)
            ? (other[field] ?? kept[field])
            : (kept[field] ?? other[field]);
          expect(merged.kept[field]).toBe(wanted);
        }
        const { kind, name, first_name } = take.includes('name') ? other : kept;
        expect(merged.kept).toMatchObject({ kind, name, first_name });
      }),
    );
  });

  test('has no more tags than a client may have', () => {
    const [sample] = fc.sample(clientOf('kept'), 1) as [Client];
    const tags = (prefix: string) => Array.from({ length: 30 }, (_, at) => `${prefix}${at}`);
    const [kept, other] = [
      { ...sample, tags: tags('a') },
      { ...sample, tags: tags('b') },
    ];
    expect(() => merge(kept, other, { take: [], now })).toThrow('60 tags');
    expect(merge(kept, kept, { take: [], now }).kept.tags).toHaveLength(30);
  });
});
