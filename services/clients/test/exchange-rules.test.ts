import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { guarded, headFaults, joined, separated, unguarded } from '../src/exchange/columns.ts';
import { readTable, writeLines } from '../src/exchange/csv.ts';
import { Importer, type Known, type SentRow } from '../src/exchange/import.ts';

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

describe('cells', () => {
  test('what a spreadsheet would compute is text, and comes back as it was', () => {
    expect(['=1+1', '+12125550123', '-5', '@SUM', "'=x"].map(guarded)).toEqual([
      "'=1+1",
      "'+12125550123",
      "'-5",
      "'@SUM",
      "''=x",
    ]);
    fc.assert(fc.property(word, (cell) => unguarded(guarded(cell)) === cell));
  });

  test('several texts in one cell come apart as they were', () => {
    expect(separated('school;VIP; ;a\\;b')).toEqual(['school', 'VIP', 'a;b']);
    const texts = fc.array(word.map((text) => text.trim()).filter((text) => text !== ''));
    fc.assert(fc.property(texts, (all) => expect(separated(joined(all))).toEqual(all)));
  });

  test('a table that was written is read as it was', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.trim());
    const rows = fc.array(
      fc.tuple(
        word.filter((text) => text.trim() === text),
        cell,
      ),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(rows, (all) => {
        const { rows: read } = readTable(writeLines([['name', 'email'], ...all]));
        const cells = read.map(({ cells: { name, email = '' } }) => [name, email]);
        expect(cells).toEqual(all);
      }),
    );
  });
});

describe('a table', () => {
  test.each([
    ['commas', 'name,email\na,b@c.example\n'],
    ['semicolons', 'name;email\na;b@c.example\n'],
    ['tabs, a byte order mark and carriage returns', '\uFEFFname\temail\r\na\tb@c.example\r\n'],
    ['quotes and a head in capitals', '"Name","EMAIL"\n"a","b@c.example"\n'],
  ])('with %s is read', (_, text) => {
    expect(readTable(text)).toEqual({
      head: ['name', 'email'],
      rows: [{ line: 2, cells: { name: 'a', email: 'b@c.example' } }],
    });
  });

  test.each([
    ['a quote that does not end', 'name\n"a'],
    ['a row that is too long', 'name\na,b\n'],
    ['a row that is too short', 'name,email\na\n'],
  ])('with %s is refused', (_, text) => {
    expect(() => readTable(text)).toThrow('The table is not well-formed');
  });

  test('has the columns that are known, each once', () => {
    expect(headFaults(['name', 'custom.size', 'created_at'], ['size'])).toEqual([]);
    expect(headFaults(['name', 'name', 'nickname', 'custom.color'], ['size'])).toEqual([
      { column: 'name', detail: 'stands twice in the head' },
      { column: 'nickname', detail: 'is no column of a table of clients' },
      { column: 'custom.color', detail: 'is no column of a table of clients' },
    ]);
  });
});

const now = Temporal.Instant.from('2026-11-21T09:30:00Z');
const riverside = {
  id: 'c1',
  version: 3,
  kind: 'company' as const,
  name: 'Riverside',
  first_name: null,
  last_name: null,
  company_name: null,
  email: 'trips@riverside.example',
  phone: null,
  time_zone: 'UTC',
  locale: null,
  external_id: 'R-1',
  tags: ['school'],
  custom_fields: {},
  status: 'active' as const,
  archived_at: null,
  created_at: now,
  updated_at: now,
};

/** What becomes of these rows, where Riverside is here already. */
function imported(rows: Partial<SentRow>[], known: Partial<Known> = {}) {
  let made = 0;
  const importer = new Importer(
    {
      clients: [riverside],
      contacts: [],
      addresses: [],
      gone: new Set(),
      owners: new Map([['@trips@riverside.example', ['c1']]]),
      fields: [],
      time_zone: 'America/New_York',
      now,
      on_duplicate: 'error',
      ...known,
    },
    () => {
      made += 1;
      return `n${made}`;
    },
  );
  for (const [at, row] of rows.entries()) {
    importer.take({ line: at + 2, client: {}, custom: {}, ...row });
  }
  const { outcomes, faults, ...plan } = importer.plan;
  return {
    ...plan,
    actions: outcomes.map(({ id, action }) => `${id} ${action}`),
    faults: faults.map(({ line, column, code }) => `${line} ${column} ${code}`),
  };
}

describe('a row', () => {
  test('of nobody who is here makes a client, with the zone of the business', () => {
    const { created, actions } = imported([{ client: { name: 'Ann' } }]);
    expect(actions).toEqual(['n1 created']);
    expect(created).toMatchObject([{ name: 'Ann', version: 1, time_zone: 'America/New_York' }]);
  });

  test('that names a client by the external id changes what it says, and nothing else', () => {
    const { updated, actions } = imported([
      { client: { external_id: 'R-1', phone: '+12125550123' } },
    ]);
    expect(actions).toEqual(['c1 updated']);
    expect(updated[0]?.after).toEqual({ ...riverside, phone: '+12125550123', version: 4 });
  });

  test('that says what is known leaves the client as it is', () => {
    const { actions, updated } = imported([{ id: 'c1', client: { name: 'Riverside' } }]);
    expect([actions, updated]).toEqual([['c1 unchanged'], []]);
  });

  test.each([
    ['error', [], ['2 email client_duplicate']],
    ['skip', ['c1 skipped'], []],
    ['update', ['c1 updated'], []],
  ] as const)('with a known e-mail: %s', (on_duplicate, actions, faults) => {
    const row = { client: { name: 'River Side', email: 'Trips@Riverside.example' } };
    expect(imported([row], { on_duplicate })).toMatchObject({ actions, faults });
  });

  test('that fits several clients is nobody in particular', () => {
    const owners = new Map([
      ['@a@b.example', ['c1']],
      ['+12125550123', ['c2']],
    ]);
    const row = { client: { name: 'A', email: 'a@b.example', phone: '+12125550123' } };
    const { faults } = imported([row], { owners, on_duplicate: 'update' });
    expect(faults).toEqual(['2 email client_ambiguous']);
  });

  test('that takes the e-mail of another client is refused, whatever was asked', () => {
    const other = { ...riverside, id: 'c2', external_id: 'R-2', email: null };
    const row = { client: { external_id: 'R-2', email: 'trips@riverside.example' } };
    const known = { clients: [riverside, other], on_duplicate: 'update' as const };
    expect(imported([row], known).faults).toEqual(['2 email client_duplicate']);
  });

  test('may not speak of the same client as a row before it', () => {
    const rows = [
      { client: { name: 'Ann', email: 'ann@a.example', external_id: 'A' } },
      { client: { name: 'Bob', external_id: 'A' } },
      { client: { name: 'Cid', email: 'ANN@a.example' } },
      { id: 'c1', client: {} },
      { client: { external_id: 'R-1' } },
    ];
    expect(imported(rows).faults).toEqual([
      '3 external_id repeated',
      '4 email repeated',
      '6 external_id repeated',
    ]);
  });

  test('of an unknown id, of somebody else’s external id, of an archived client is refused', () => {
    const archived = { ...riverside, id: 'c3', external_id: 'R-3', archived_at: now };
    const rows = [
      { id: 'c9', client: {} },
      { id: 'c3', client: { external_id: 'R-1' } },
      { client: { external_id: 'R-3' } },
      { client: {} },
    ];
    expect(imported(rows, { clients: [riverside, archived] }).faults).toEqual([
      '2 id not_found',
      '3 external_id external_id_taken',
      '4 id client_archived',
      '5 name invalid',
    ]);
  });

  test('of a client that was merged or erased is refused', () => {
    const rows = [{ id: 'c1', client: {} }, { client: { external_id: 'R-1' } }];
    expect(imported(rows, { gone: new Set(['c1']) }).faults).toEqual([
      '2 id client_gone',
      '3 external_id client_gone',
    ]);
  });

  test('adds the contact and the place that the client does not have', () => {
    const contact = { name: 'Pat', roles: ['booking' as const], email: null, phone: null };
    const address = {
      label: null,
      lines: ['1 Main St'],
      city: 'Albany',
      region: null,
      postal_code: null,
      country: 'US',
      latitude: null,
      longitude: null,
      time_zone: null,
    };
    const first = imported([{ id: 'c1', client: {}, contact, address }]);
    expect(first.actions).toEqual(['c1 updated']);
    expect(first.contacts).toMatchObject([{ client_id: 'c1', primary_for: ['booking'] }]);
    expect(first.addresses).toMatchObject([{ primary_for: ['billing', 'service'] }]);
    const { contacts, addresses } = first;
    const again = imported([{ id: 'c1', client: {}, contact, address }], { contacts, addresses });
    expect(again.actions).toEqual(['c1 unchanged']);
  });
});
