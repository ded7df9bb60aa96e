import { describe, expect, test } from '@jest/globals';
import { DomainError } from '@roundhouse/errors';
import fc from 'fast-check';
import { placeOf } from '../src/addresses/address.ts';
import { countries } from '../src/addresses/states.ts';
import { distinctTags, namesOf, renamed } from '../src/clients/client.ts';
import { firstOfItsRoles, requireCoherent } from '../src/contacts/contact.ts';
import {
  type Definition,
  requireChoices,
  setCustomValues,
} from '../src/custom-fields/custom-field.ts';
import { clientTerms, type Findable, queryRanges } from '../src/search/terms.ts';

const aClient = (changes: Partial<Findable> = {}): Findable => ({
  name: 'Riverside High School',
  email: null,
  phone: null,
  ...changes,
});

/** As the database does it: each range has a term of the client. */
const inBytes = (one: string, other: string) =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));
const isFound = (client: Findable, query: string) =>
  queryRanges(query).every(({ low, high }) =>
    clientTerms(client).some((term) => inBytes(term, low) >= 0 && inBytes(term, high) < 0),
  );

describe('a client is found', () => {
  const school = aClient({
    name: 'École Saint-José',
    email: 'Trips@riverside.example',
    phone: '+442079460018',
    external_id: 'HS-1001',
    tags: ['VIP'],
  });
  test.each([
    ['ecole'],
    ['ÉCOLE'],
    ['jos'],
    ['saint-jose'],
    ['jose ecole'],
    ['trips@'],
    ['TRIPS@RIVERSIDE.example'],
    ['riverside'],
    ['+44 20 7946 0018'],
    ['020 7946 0018'],
    ['(020) 7946-0018'],
    ['0044 20 7946 0018'],
    ['0018'],
    ['9460018'],
    ['hs-1001'],
    ['hs1001'],
    ['1001'],
    ['ecole 020 7946 0018'],
  ])('by %s', (query) => expect(isFound(school, query)).toBe(true));

  test.each([
    ['cole'],
    ['jose garcia'],
    ['rips@riverside.example'],
    ['trips@lakeside'],
    ['7946 0019'],
    ['vip'],
    ['email:trips'],
    ['#vip'],
    ['e m'],
  ])('and not by %s', (query) => expect(isFound(school, query)).toBe(false));

  test('by the beginning of each word of its name, whatever the name', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(names, fc.nat(), (name, length) => {
        for (const word of name.split(/\s+/)) {
          const prefix = word.slice(0, 1 + (length % 5)).toWellFormed();
          if (/\d/.test(name) || prefix.includes('@')) return;
          expect(isFound(aClient({ name }), prefix)).toBe(true);
        }
      }),
    );
  });

  test('by nothing, where a query has neither letter nor digit', () => {
    expect(queryRanges(' -- !')).toEqual([]);
  });
});

describe('names', () => {
  test.each([
    [{ name: 'Riverside' }, 'company', 'Riverside'],
    [{ first_name: 'Ann', last_name: 'Lee' }, 'person', 'Ann Lee'],
    [{ last_name: 'Lee' }, 'person', 'Lee'],
    [{ company_name: 'Harbor Inc.' }, 'company', 'Harbor Inc.'],
    [{ first_name: 'Ann', company_name: 'Harbor Inc.' }, 'company', 'Harbor Inc.'],
    [{ first_name: 'Ann', kind: 'person', name: 'Annie' }, 'person', 'Annie'],
    [{ name: 'Ann Lee', kind: 'person' }, 'person', 'Ann Lee'],
  ] as const)('of %j: %s %s', (sent, kind, name) => {
    expect(namesOf(sent)).toMatchObject({ kind, name });
  });

  test('without any are refused', () => {
    expect(() => namesOf({ kind: 'person' })).toThrow(DomainError);
  });

  test('that were made of others follow them, and one that was chosen stays', () => {
    const ann = namesOf({ first_name: 'Ann', last_name: 'Lee' });
    expect(renamed(ann, { last_name: 'Li' }).name).toBe('Ann Li');
    expect(renamed({ ...ann, name: 'Annie' }, { last_name: 'Li' }).name).toBe('Annie');
    expect(renamed(ann, { first_name: null, last_name: null }).name).toBe('Ann Lee');
  });

  test('a tag stands once, as it was first spelt', () => {
    expect(distinctTags(['VIP', 'School', 'vip', 'Scho\u0301ol'])).toEqual(['VIP', 'School']);
  });
});

const aField = (changes: Partial<Definition> = {}): Definition => ({
  key: 'fleet',
  type: 'number',
  required: false,
  choices: [],
  ...changes,
});
const pointers = (work: () => unknown): string[] => {
  try {
    work();
    return [];
  } catch (error) {
    return ((error as DomainError).extras.errors ?? []).map(({ pointer }) => pointer);
  }
};

describe('a field of the business', () => {
  test.each([
    ['number', 4.5, true],
    ['number', '4', false],
    ['text', 'four', true],
    ['text', 4, false],
    ['boolean', false, true],
    ['boolean', 'false', false],
    ['date', '2028-02-29', true],
    ['date', '2027-02-29', false],
    ['date', '2027-2-1', false],
    ['date', 20270201, false],
    ['choice', 'gold', true],
    ['choice', 'iron', false],
  ] as const)('of the type %s takes %j: %s', (type, value, isTaken) => {
    const field = aField({ type, choices: type === 'choice' ? ['gold', 'silver'] : [] });
    const set = () => setCustomValues([field], {}, { fleet: value });
    expect(pointers(set)).toEqual(isTaken ? [] : ['/custom_fields/fleet']);
    if (isTaken) expect(set()).toEqual({ fleet: value });
  });

  test('that is required is asked for, once', () => {
    const fields = [aField({ required: true }), aField({ key: 'since', type: 'date' })];
    expect(pointers(() => setCustomValues(fields, {}, {}))).toEqual(['/custom_fields/fleet']);
    expect(pointers(() => setCustomValues(fields, {}, { fleet: 'x' }))).toHaveLength(1);
    expect(pointers(() => setCustomValues(fields, { fleet: 1 }, { fleet: null }))).toHaveLength(1);
    expect(setCustomValues(fields, { fleet: 1 }, { since: '2026-01-01' })).toEqual({
      fleet: 1,
      since: '2026-01-01',
    });
  });

  test('that is not known is refused, and one of before is kept or taken away', () => {
    expect(pointers(() => setCustomValues([], {}, { other: 1 }))).toEqual(['/custom_fields/other']);
    expect(setCustomValues([], { old: 1 }, {})).toEqual({ old: 1 });
    expect(setCustomValues([], { old: 1 }, { old: null })).toEqual({});
  });

  test('has choices exactly if it is a choice', () => {
    expect(() => requireChoices({ type: 'choice', choices: [] })).toThrow(DomainError);
    expect(() => requireChoices({ type: 'text', choices: ['a'] })).toThrow(DomainError);
    expect(() => requireChoices({ type: 'choice', choices: ['a'] })).not.toThrow();
  });

  test('keeps the names that JavaScript has for its own as data', () => {
    const field = aField({ key: 'constructor', type: 'text' });
    expect(setCustomValues([field], {}, { constructor: 'x' } as never)).toEqual({
      constructor: 'x',
    });
  });
});

describe('a contact', () => {
  const pat = {
    roles: ['booking'],
    primary_for: [],
    email: 'pat@riverside.example',
    phone: null,
    preferred_channel: null,
  };
  test.each([
    [{ primary_for: ['billing'] }, ['/primary_for']],
    [{ preferred_channel: 'sms' as const }, ['/preferred_channel']],
    [{ preferred_channel: 'email' as const, email: null }, ['/preferred_channel']],
    [{ preferred_channel: 'email' as const, primary_for: ['booking'] }, []],
  ])('with %j is refused at %j', (changes, at) => {
    expect(pointers(() => requireCoherent({ ...pat, ...changes }))).toEqual(at);
  });

  test('is the primary one of the roles that nobody has', () => {
    expect(firstOfItsRoles(['booking', 'billing'], ['billing'])).toEqual(['booking']);
  });
});

describe('a place', () => {
  test('has both coordinates or none, to a tenth of a meter', () => {
    expect(placeOf({ latitude: 40.94761234567, longitude: -73.8954 })).toEqual({
      latitude: 40.947612,
      longitude: -73.8954,
    });
    expect(placeOf({ latitude: null, longitude: null })).toEqual({
      latitude: null,
      longitude: null,
    });
    expect(pointers(() => placeOf({ latitude: 1, longitude: null }))).toEqual(['/longitude']);
    expect(pointers(() => placeOf({ latitude: null, longitude: 1 }))).toEqual(['/latitude']);
  });

  test('is in one of the 249 countries', () => {
    expect(new Set(countries).size).toBe(249);
    expect(countries).toEqual(countries.toSorted());
  });
});
