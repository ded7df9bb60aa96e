import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
let dispatcher: Colleague;
let client_id: string;

beforeAll(async () => {
  clients = await serveClients();
  dispatcher = clients.actor(['dispatcher']);
  client_id = (await dispatcher.does('createClient', { body: aClient() })).id;
});
afterAll(() => clients.stop());

const aContact = (changes: object = {}) => ({
  name: 'Pat',
  roles: ['booking' as const],
  ...changes,
});
const anAddress = (changes: object = {}) => ({
  lines: ['565 Warburton Ave'],
  city: 'Yonkers',
  country: 'US',
  ...changes,
});
const newClient = async () => (await dispatcher.does('createClient', { body: aClient() })).id;

describe('contacts', () => {
  test('the first one in a role is primary for it, and a later one may take it over', async () => {
    const params = { id: await newClient() };
    const roles = ['booking' as const, 'billing' as const];
    const ann = await dispatcher.does('createContact', { params, body: aContact({ roles }) });
    expect(ann.primary_for).toEqual(roles);
    const ben = await dispatcher.does('createContact', { params, body: aContact({ roles }) });
    expect(ben.primary_for).toEqual([]);
    const body = { primary_for: ['billing' as const] };
    await dispatcher.does('changeContact', { params: { id: ben.id }, body });
    const before = await dispatcher.does('getContact', { params: { id: ann.id } });
    expect([before.primary_for, before.version]).toEqual([['booking'], 2]);
    const { data } = await clients
      .actor(['owner'], dispatcher.tenant_id)
      .does('listAudit', { query: { subject_id: ann.id, action: 'yieldPrimary' } });
    expect(data).toMatchObject([{ before: { primary_for: roles } }]);
  });

  test('of ten that become the primary one at once, one is', async () => {
    const params = { id: await newClient() };
    const made = await Promise.all(
      Array.from({ length: 10 }, () =>
        dispatcher.does('createContact', { params, body: aContact() }),
      ),
    );
    const body = { primary_for: ['booking' as const] };
    await Promise.all(
      made.map(({ id }) => dispatcher.does('changeContact', { params: { id }, body })),
    );
    const { data } = await dispatcher.does('listContacts', { params });
    expect(data.filter(({ primary_for }) => primary_for.length > 0)).toHaveLength(1);
  });

  test('one that is archived is primary for nothing, in no list, and found no more', async () => {
    const params = { id: await newClient() };
    const body = aContact({ name: 'Zacharias', email: 'zacharias@lakeside.example' });
    const { id } = await dispatcher.does('createContact', { params, body });
    const search = async () =>
      (await dispatcher.does('listClients', { query: { q: 'zachar' } })).data.map((one) => one.id);
    expect(await search()).toEqual([params.id]);
    const archived = await dispatcher.does('archiveContact', { params: { id } });
    expect(archived.primary_for).toEqual([]);
    expect(await search()).toEqual([]);
    expect((await dispatcher.does('listContacts', { params })).data).toEqual([]);
    const again = await dispatcher.tries('archiveContact', { params: { id } });
    expect(again.body).toMatchObject({ code: 'contact_archived', allowed: ['restore'] });
    const change = { params: { id }, body: { name: 'Late' } };
    expect((await dispatcher.tries('changeContact', change)).code).toBe('contact_archived');
    await dispatcher.does('restoreContact', { params: { id }, body: {} });
    expect(await search()).toEqual([params.id]);
    const twice = await dispatcher.tries('restoreContact', { params: { id }, body: {} });
    expect(twice.code).toBe('contact_not_archived');
  });

  test.each([
    [{ roles: [] }, '/roles'],
    [{ roles: ['owner'] }, '/roles/0'],
    [{ roles: ['booking', 'booking'] }, '/roles'],
    [{ primary_for: ['billing'] }, '/primary_for'],
    [{ preferred_channel: 'sms' }, '/preferred_channel'],
    [{ phone: '+10000000000' }, '/phone'],
  ])('refuses %j at %s', async (changes, pointer) => {
    const params = { id: client_id };
    const refused = await dispatcher.tries('createContact', { params, body: aContact(changes) });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ errors: [{ pointer }] });
  });

  test('a stale version is refused', async () => {
    const { id } = await dispatcher.does('createContact', {
      params: { id: client_id },
      body: aContact(),
    });
    const change = { params: { id }, body: { name: 'One' } };
    await dispatcher.does('changeContact', change, { if_match: 1 });
    expect((await dispatcher.tries('changeContact', change, { if_match: 1 })).status).toBe(412);
  });
});

describe('addresses', () => {
  const gate = 'Gate 4711, key under the lamp';

  test('show their access notes where they are read one by one, and nowhere else', async () => {
    const params = { id: client_id };
    const key = { idempotency_key: 'address' };
    const body = anAddress({ access_notes: gate, latitude: 40.9476, longitude: -73.8954 });
    const made = await dispatcher.tries('createAddress', { params, body }, key);
    expect(made.body).toMatchObject({ has_access_notes: true, latitude: 40.9476 });
    const { id } = made.body;
    const read = await dispatcher.does('getAddress', { params: { id } });
    expect(read.access_notes).toBe(gate);
    await dispatcher.does('changeAddress', { params: { id }, body: { access_notes: `${gate}!` } });
    await dispatcher.does('archiveAddress', { params: { id } });
    const list = await dispatcher.tries('listAddresses', { params, query: { archived: 'true' } });
    expect(JSON.stringify([made.body, list.body])).not.toContain('Gate 4711');
    // Nor where a thief of the database's lesser tables would look.
    const { tenant_id } = dispatcher;
    for (const [table, column] of [
      ['audit_log', 'after'],
      ['audit_log', 'before'],
      ['outbox', 'data'],
      ['idempotency_keys', 'body'],
    ]) {
      const kept = await clients.database.inspect(
        `SELECT ${column} FROM clients.${table}
          WHERE tenant_id = $1 AND ${column}::text LIKE '%Gate 4711%'`,
        [tenant_id],
      );
      expect(kept).toEqual([]);
    }
  });

  test('the first one is primary, and a later one takes it over', async () => {
    const params = { id: await newClient() };
    const home = await dispatcher.does('createAddress', { params, body: anAddress() });
    expect(home.primary_for).toEqual(['billing', 'service']);
    const body = anAddress({ primary_for: ['service'] });
    await dispatcher.does('createAddress', { params, body });
    const before = await dispatcher.does('getAddress', { params: { id: home.id } });
    expect(before.primary_for).toEqual(['billing']);
    const again = { params: { id: home.id } };
    await dispatcher.does('archiveAddress', again);
    expect((await dispatcher.tries('archiveAddress', again)).code).toBe('address_archived');
    const change = { ...again, body: { city: 'Bronxville' } };
    expect((await dispatcher.tries('changeAddress', change)).code).toBe('address_archived');
    await dispatcher.does('restoreAddress', again);
    expect((await dispatcher.tries('restoreAddress', again)).code).toBe('address_not_archived');
  });

  test.each([
    [{ country: 'XX' }, '/country'],
    [{ lines: [] }, '/lines'],
    [{ latitude: 91, longitude: 0 }, '/latitude'],
    [{ latitude: 40 }, '/longitude'],
    [{ time_zone: 'Mars/Base' }, '/time_zone'],
  ])('refuses %j at %s', async (changes, pointer) => {
    const params = { id: client_id };
    const refused = await dispatcher.tries('createAddress', { params, body: anAddress(changes) });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ errors: [{ pointer }] });
  });
});

describe('notes', () => {
  test('are of who wrote them: others read them and do not change them', async () => {
    const params = { id: client_id };
    const { id, author_kind } = await dispatcher.does('createNote', {
      params,
      body: { body: 'Asks for a quiet driver.\nPays late.' },
    });
    expect(author_kind).toBe('user');
    const change = { params: { id }, body: { body: 'Pays in time.' } };
    expect(await dispatcher.does('changeNote', change, { if_match: 1 })).toMatchObject({
      body: 'Pays in time.',
      version: 2,
    });
    expect((await dispatcher.tries('changeNote', change, { if_match: 1 })).status).toBe(412);
    const colleague = clients.actor(['manager'], dispatcher.tenant_id);
    expect(await colleague.does('getNote', { params: { id } })).toMatchObject({ version: 2 });
    const refused = await colleague.tries('changeNote', change);
    expect([refused.status, refused.code]).toEqual([403, 'note_of_another']);
    expect((await colleague.does('listNotes', { params })).data).toHaveLength(1);
  });
});

describe('fields of the business', () => {
  let manager: Colleague;
  beforeAll(() => {
    manager = clients.actor(['manager']);
  });
  const aField = (changes: object = {}) => ({
    key: 'fleet_size',
    label: 'Fleet',
    type: 'number' as const,
    ...changes,
  });

  test('a manager defines them, whoever writes clients fills them in', async () => {
    const colleague = clients.actor(['sales'], manager.tenant_id);
    expect((await colleague.tries('createCustomField', { body: aField() })).status).toBe(403);
    const field = await manager.does('createCustomField', { body: aField() });
    const again = await manager.tries('createCustomField', { body: aField() });
    expect(again.code).toBe('custom_field_taken');
    const wrong = await colleague.tries('createClient', {
      body: aClient({ custom_fields: { fleet_size: 'many' } }),
    });
    expect(wrong.body).toMatchObject({ errors: [{ pointer: '/custom_fields/fleet_size' }] });
    const body = aClient({ custom_fields: { fleet_size: 4.5 } });
    const { id, custom_fields } = await colleague.does('createClient', { body });
    expect(custom_fields).toEqual({ fleet_size: 4.5 });

    const since = aField({ key: 'since', type: 'date', required: true });
    await manager.does('createCustomField', { body: since });
    const lacking = await colleague.tries('createClient', { body: aClient() });
    expect(lacking.body).toMatchObject({
      errors: [{ pointer: '/custom_fields/since', code: 'required' }],
    });
    const change = { params: { id }, body: { custom_fields: { since: '2026-02-28' } } };
    expect((await colleague.does('changeClient', change)).custom_fields).toEqual({
      fleet_size: 4.5,
      since: '2026-02-28',
    });

    const params = { id: field.id };
    await manager.does('archiveCustomField', { params });
    expect((await manager.tries('archiveCustomField', { params })).code).toBe(
      'custom_field_archived',
    );
    const late = { params: { id }, body: { custom_fields: { fleet_size: 5 } } };
    expect((await colleague.tries('changeClient', late)).status).toBe(422);
    expect(await colleague.does('getClient', { params: { id } })).toMatchObject({
      custom_fields: { fleet_size: 4.5 },
    });
    await manager.does('restoreCustomField', { params });
    await colleague.does('changeClient', late);
    expect((await manager.tries('restoreCustomField', { params })).code).toBe(
      'custom_field_not_archived',
    );
    expect((await colleague.does('listCustomFields', {})).data).toHaveLength(2);
  });

  test('a choice is one of its choices, and a type stays for good', async () => {
    const owner = clients.actor(['owner']);
    const body = aField({ key: 'grade', type: 'choice', choices: ['gold', 'silver'] });
    const { id } = await owner.does('createCustomField', { body });
    const params = { id };
    expect((await owner.tries('changeCustomField', { params, body: { choices: [] } })).status).toBe(
      422,
    );
    const typed = { params, body: { type: 'text' } } as never;
    expect((await owner.tries('changeCustomField', typed)).status).toBe(422);
    const client = aClient({ custom_fields: { grade: 'gold' } });
    const made = await owner.does('createClient', { body: client });
    await owner.does('changeCustomField', { params, body: { choices: ['silver'] } });
    const kept = { params: { id: made.id }, body: { tags: ['kept'] } };
    expect((await owner.does('changeClient', kept)).custom_fields).toEqual({ grade: 'gold' });
  });

  test('there are a hundred in use at most', async () => {
    const owner = clients.actor(['owner']);
    for (let number = 1; number <= 100; number += 1) {
      await owner.does('createCustomField', { body: aField({ key: `f${number}` }) });
    }
    const many = await owner.tries('createCustomField', { body: aField({ key: 'one_more' }) });
    expect([many.status, many.code]).toEqual([409, 'too_many_custom_fields']);
  });
});

describe('the wall', () => {
  test('another business sees and touches nothing below a client of ours', async () => {
    const params = { id: client_id };
    const contact = await dispatcher.does('createContact', { params, body: aContact() });
    const address = await dispatcher.does('createAddress', { params, body: anAddress() });
    const note = await dispatcher.does('createNote', { params, body: { body: 'Ours.' } });
    const rival = clients.actor(['owner']);
    const answers = await Promise.all([
      rival.tries('createContact', { params, body: aContact() }),
      rival.tries('createAddress', { params, body: anAddress() }),
      rival.tries('createNote', { params, body: { body: 'Theirs.' } }),
      rival.tries('listContacts', { params }),
      rival.tries('listAddresses', { params }),
      rival.tries('listNotes', { params }),
      rival.tries('getContact', { params: { id: contact.id } }),
      rival.tries('getAddress', { params: { id: address.id } }),
      rival.tries('getNote', { params: { id: note.id } }),
      rival.tries('archiveContact', { params: { id: contact.id } }),
      rival.tries('changeAddress', { params: { id: address.id }, body: { city: 'Theirs' } }),
      rival.tries('changeNote', { params: { id: note.id }, body: { body: 'Theirs.' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
  });
});
