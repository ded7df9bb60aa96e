import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contract } from '../src/contract.ts';
import { readTable, writeLines } from '../src/exchange/csv.ts';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
beforeAll(async () => {
  clients = await serveClients();
});
afterAll(() => clients.stop());

type Report = Awaited<ReturnType<typeof imports>>['body'];

async function imports(who: Colleague, table: string, query = '', headers = {}) {
  const answer = await fetch(`${clients.base_url}${contract.routes.importClients.path}?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}`, 'content-type': 'text/csv', ...headers },
    body: table,
  });
  const body = (await answer.json()) as {
    code?: string;
    created: number;
    updated: number;
    unchanged: number;
    skipped: number;
    errors: { pointer: string; code: string }[];
    error_count: number;
    clients: { line: number; id: string | null; action: string }[];
  };
  return { status: answer.status, headers: answer.headers, body };
}

async function exports(who: Colleague, query = ''): Promise<string> {
  const answer = await fetch(`${clients.base_url}${contract.routes.exportClients.path}?${query}`, {
    headers: { authorization: `Bearer ${who.token}` },
  });
  expect(answer.status).toBe(200);
  return answer.text();
}

const counts = ({ created, updated, unchanged, skipped, error_count }: Report) => ({
  ...{ created, updated, unchanged, skipped, error_count },
});
const names = async (who: Colleague) => {
  const { data } = await who.does('listClients', { query: { sort: 'name', limit: '200' } });
  return data.map(({ name }) => name);
};

const FULL = [
  [
    'external_id,name,email,phone,tags,custom.size,contact.name,contact.roles,contact.email',
    'address.line_1,address.line_2,address.city,address.country,address.latitude,address.longitude',
  ].join(','),
  [
    'R-1,Riverside High School,trips@riverside.example,+12125550123,school;VIP,12,Pat Lee',
    'booking;billing,pat@riverside.example,1 Main St,Gate 2,Albany,US,42.6526,-73.7562',
  ].join(','),
  'R-2,"Lakeside, Inc.",office@lakeside.example,,,,,,,,,,,,',
  '',
].join('\n');

async function anOwnerWithSizes(): Promise<Colleague> {
  const owner = clients.actor(['owner']);
  const field = { key: 'size', label: 'Size', type: 'number' as const, required: false };
  await owner.does('createCustomField', { body: field });
  return owner;
}

describe('an import', () => {
  test('enters clients with what belongs to them, and announces each', async () => {
    const owner = await anOwnerWithSizes();
    const { status, body } = await imports(owner, FULL);
    expect([status, counts(body)]).toEqual([
      200,
      { created: 2, updated: 0, unchanged: 0, skipped: 0, error_count: 0 },
    ]);
    expect(body.clients.map(({ line, action }) => [line, action])).toEqual([
      [2, 'created'],
      [3, 'created'],
    ]);
    const id = body.clients[0]?.id as string;
    expect(await owner.does('getClient', { params: { id } })).toMatchObject({
      name: 'Riverside High School',
      tags: ['school', 'VIP'],
      custom_fields: { size: 12 },
      time_zone: 'America/New_York',
      version: 1,
    });
    const contacts = await owner.does('listContacts', { params: { id } });
    expect(contacts.data).toMatchObject([{ name: 'Pat Lee', primary_for: ['booking', 'billing'] }]);
    const places = await owner.does('listAddresses', { params: { id } });
    expect(places.data).toMatchObject([{ lines: ['1 Main St', 'Gate 2'], latitude: 42.6526 }]);
    const found = await owner.does('listClients', { query: { q: 'pat@river' } });
    expect(found.data.map((client) => client.id)).toEqual([id]);
    const events = await clients.announced(owner.tenant_id);
    expect(events.map(({ type }) => type)).toEqual([
      'clients.client.created.v1',
      'clients.client.created.v1',
    ]);
  });

  test('again changes nothing, and with another cell that cell alone', async () => {
    const owner = await anOwnerWithSizes();
    await imports(owner, FULL);
    const again = await imports(owner, FULL);
    expect(counts(again.body)).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
    const changed = await imports(owner, 'external_id,company_name\nR-2,Lakeside\n');
    expect(counts(changed.body)).toMatchObject({ updated: 1 });
    const id = changed.body.clients[0]?.id as string;
    expect(await owner.does('getClient', { params: { id } })).toMatchObject({
      name: 'Lakeside, Inc.',
      company_name: 'Lakeside',
      email: 'office@lakeside.example',
      version: 2,
    });
  });

  test('tells each cell that is at fault, and then enters nothing', async () => {
    const owner = await anOwnerWithSizes();
    const table = [
      'name,email,phone,kind,custom.size,contact.email,address.line_1,address.latitude',
      'Good,good@a.example,,,,,,',
      'Bad,nobody,12,robot,large,x,1 Main St,91',
      ',,,,,,,',
      '',
    ].join('\n');
    const { status, body } = await imports(owner, table);
    expect([status, body.code]).toEqual([422, 'import_invalid']);
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/3/address.city',
      '/3/address.country',
      '/3/address.latitude',
      '/3/contact.email',
      '/3/contact.name',
      '/3/email',
      '/3/kind',
      '/3/phone',
    ]);
    expect(body.error_count).toBe(8);
    expect(await names(owner)).toEqual([]);
    const dry = await imports(owner, 'name,custom.size\nA,large\nB,3\n', 'dry_run=true');
    expect([dry.status, counts(dry.body)]).toMatchObject([200, { created: 1, error_count: 1 }]);
    expect(dry.body.errors).toMatchObject([{ pointer: '/2/custom.size', code: 'invalid_value' }]);
    expect(dry.body.clients).toEqual([{ line: 3, id: null, action: 'created' }]);
    expect(await names(owner)).toEqual([]);
  });

  test.each([
    ['an unknown column', 'name,nickname\nA,B\n', 422, 'columns_unknown'],
    ['no row', 'name\n', 422, 'table_empty'],
    ['nothing', '', 422, 'table_empty'],
    ['too many rows', `name\n${'A\n'.repeat(10_001)}`, 422, 'too_many_rows'],
    ['a quote that does not end', 'name\n"A\n', 400, 'csv_malformed'],
    ['too many bytes', `name\n${'A'.repeat(5_000_000)}\n`, 413, 'body_too_large'],
  ])('of %s is refused', async (_, table, status, code) => {
    const { body, ...answer } = await imports(clients.actor(['owner']), table);
    expect([answer.status, body.code]).toEqual([status, code]);
  });

  test('decides what is here already as it was asked to', async () => {
    const owner = clients.actor(['owner']);
    const known = aClient({ email: 'known@a.example' });
    await owner.does('createClient', { body: known });
    const table = 'name,email\nOther,KNOWN@a.example\nNew,new@a.example\n';
    const refused = await imports(owner, table);
    expect(refused.body.errors).toMatchObject([{ pointer: '/2/email', code: 'client_duplicate' }]);
    const skipped = await imports(owner, table, 'on_duplicate=skip');
    expect(counts(skipped.body)).toMatchObject({ created: 1, skipped: 1 });
    expect(await names(owner)).toEqual([known.name, 'New'].sort());
    const updated = await imports(owner, table, 'on_duplicate=update');
    expect(counts(updated.body)).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await names(owner)).toEqual(['New', 'Other']);
  });

  test('under a key happens once', async () => {
    const owner = clients.actor(['owner']);
    const key = { 'idempotency-key': 'import-1' };
    const first = await imports(owner, 'name\nAnn\n', '', key);
    const second = await imports(owner, 'name\nAnn\n', '', key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    const other = await imports(owner, 'name\nBob\n', '', key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await names(owner)).toEqual(['Ann']);
  });

  test('and a client that is entered just then never both have the same e-mail', async () => {
    const owner = clients.actor(['owner']);
    for (let round = 0; round < 10; round += 1) {
      const email = `round${round}@a.example`;
      const rows = Array.from({ length: 50 }, (_, at) => `R ${round} ${at},${at ? '' : email}`);
      const [table, single] = await Promise.all([
        imports(owner, `name,email\n${rows.join('\n')}\n`),
        owner.tries('createClient', { body: { name: 'Single', email } }),
      ]);
      expect([table.status, single.status].sort()).toEqual([
        ...(table.status === 200 ? [200, 409] : [201, 422]),
      ]);
      const { data } = await owner.does('listClients', { query: { q: email } });
      expect(data.length).toBe(1);
    }
  });

  test('and an export are for those who may', async () => {
    const dispatcher = clients.actor(['dispatcher']);
    const { status, body } = await imports(dispatcher, 'name\nAnn\n');
    expect([status, body.code]).toEqual([403, 'permission_missing']);
    const refused = await fetch(`${clients.base_url}${contract.routes.exportClients.path}`, {
      headers: { authorization: `Bearer ${dispatcher.token}` },
    });
    expect(refused.status).toBe(403);
  });
});

describe('an export', () => {
  test('has what was entered, and changes nothing when it is imported again', async () => {
    const owner = await anOwnerWithSizes();
    await imports(owner, FULL);
    const odd = { name: '=1+1 "quoted", and so on', email: 'odd@a.example', tags: ['a;b', '\\'] };
    await owner.does('createClient', { body: odd });
    await owner.does('createClient', { body: { first_name: 'Ann', last_name: "'=Lee" } });
    // What was allowed once is no duplicate when it comes back.
    const twin = { name: 'Odd too', email: odd.email, allow_duplicate: true };
    await owner.does('createClient', { body: twin });
    const table = await exports(owner);
    const { head, rows } = readTable(table);
    expect(head.slice(0, 3)).toEqual(['id', 'external_id', 'kind']);
    expect(rows.map(({ cells }) => cells.name).sort()).toEqual(
      [odd.name, twin.name, "Ann '=Lee", 'Lakeside, Inc.', 'Riverside High School'].sort(),
    );
    expect(table).toContain("'+12125550123");
    const again = await imports(owner, table);
    expect([again.status, counts(again.body)]).toEqual([
      200,
      { created: 0, updated: 0, unchanged: 5, skipped: 0, error_count: 0 },
    ]);
    expect(await exports(owner)).toBe(table);
  });

  test('goes through all pages, and keeps to the filter and to the business', async () => {
    const owner = clients.actor(['owner']);
    const rows = Array.from({ length: 450 }, (_, at) => [`Client ${at}`, at % 2 ? 'odd' : 'even']);
    await imports(owner, writeLines([['name', 'tags'], ...rows]));
    expect(readTable(await exports(owner)).rows.length).toBe(450);
    expect(readTable(await exports(owner, 'tag=odd')).rows.length).toBe(225);
    expect(readTable(await exports(clients.actor(['owner']))).rows).toEqual([]);
    const { data } = await owner.does('listAudit', { query: { action: 'exportClients' } });
    expect(data.length).toBe(2);
  });
});

test('a client that was merged away is in no export, and no import finds it', async () => {
  const owner = clients.actor(['owner']);
  const [kept, lost] = [
    await owner.does('createClient', { body: { name: 'Kept' } }),
    await owner.does('createClient', { body: { name: 'Lost', external_id: 'L-1' } }),
  ];
  const body = { other_id: lost.id };
  await owner.does('mergeClients', { params: { id: kept.id }, body });
  const { rows } = readTable(await exports(owner));
  expect(rows.map(({ cells }) => cells.name)).toEqual(['Kept']);
  const { status, body: told } = await imports(owner, `id,name\n${lost.id},Again\n`);
  expect([status, told.errors[0]?.code]).toEqual([422, 'client_gone']);
});

test('an export whose filter no database can hold is refused', async () => {
  const owner = clients.actor(['owner']);
  const { status, code } = await owner.tries('exportClients', { query: { q: 'a\0b' } });
  expect([status, code]).toEqual([422, 'invalid']);
});

test('an export whose filter the search alone refuses is refused before it begins', async () => {
  const owner = clients.actor(['owner']);
  const query = { q: '0'.repeat(90), tag: '0' };
  const { status, code } = await owner.tries('exportClients', { query });
  expect([status, code]).toEqual([422, 'invalid']);
});
