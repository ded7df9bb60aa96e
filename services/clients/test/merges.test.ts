import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
let manager: Colleague;

beforeAll(async () => {
  clients = await serveClients();
  manager = clients.actor(['manager']);
});
afterAll(() => clients.stop());

/** What one race lets pass by chance, one of so many does not. */
const ROUNDS = 10;

const entered = (changes: object = {}) =>
  manager.does('createClient', { body: aClient(changes) as never });
const merges = (id: string, other_id: string, changes: object = {}) =>
  manager.tries('mergeClients', { params: { id }, body: { other_id, ...changes } });
const read = (id: string) => manager.tries('getClient', { params: { id } });
const survivorOf = (body: unknown) => (body as { merged_into?: string }).merged_into;
const listed = async (query: Record<string, string>) =>
  (await manager.does('listClients', { query })).data.map(({ id }) => id);

const place = { lines: ['565 Warburton Ave'], city: 'Yonkers', country: 'US' };

/** With a contact, an address and a note. */
async function aFullClient(changes: object = {}) {
  const client = await entered(changes);
  const params = { id: client.id };
  const body = { name: 'Pat', roles: ['booking' as const], phone: null };
  const contact = await manager.does('createContact', { params, body });
  const address = await manager.does('createAddress', { params, body: place });
  const note = await manager.does('createNote', { params, body: { body: 'Likes quiet.' } });
  return { client, contact, address, note };
}

describe('a merge', () => {
  test('gives the one that stays all that it lacks, and loses no way to reach it', async () => {
    const kept = await aFullClient({ phone: null, tags: ['School'] });
    const other = await aFullClient({ phone: '+12125550177', locale: 'en-US', tags: ['VIP'] });
    const [id, other_id] = [kept.client.id, other.client.id];
    const { body, status } = await merges(id, other_id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      merged_id: other_id,
      dry_run: false,
      client: { id, version: 2, phone: '+12125550177', locale: 'en-US', tags: ['School', 'VIP'] },
      moved: { contacts: 1, addresses: 1, notes: 1, contacts_added: 1 },
    });
    expect(body.left).toEqual([
      { field: 'name', kept: kept.client.name, left: other.client.name },
      { field: 'email', kept: kept.client.email, left: other.client.email },
    ]);
    const { data } = await manager.does('listContacts', { params: { id }, query: {} });
    expect(data.map(({ name, email, primary_for }) => [name, email, primary_for])).toEqual(
      expect.arrayContaining([
        ['Pat', null, ['booking']],
        ['Pat', null, []],
        [other.client.name, other.client.email, []],
      ]),
    );
    const addresses = await manager.does('listAddresses', { params: { id }, query: {} });
    expect(addresses.data.map(({ primary_for }) => primary_for.length).toSorted()).toEqual([0, 2]);
    const note = await manager.does('getNote', { params: { id: other.note.id } });
    expect([note.client_id, note.version]).toEqual([id, 2]);
    expect(await listed({ q: String(other.client.email) })).toEqual([id]);
    expect(await manager.does('getClient', { params: { id } })).toEqual(body.client);
  });

  test('leaves one behind that says where it lives on, and that nothing else finds', async () => {
    const [kept, other] = [await entered(), await entered({ external_id: 'OLD-1' })];
    await manager.does('changeClient', {
      params: { id: kept.id },
      body: { external_id: 'NEW-1' },
    });
    await merges(kept.id, other.id);
    const answer = await read(other.id);
    expect([answer.status, answer.code, survivorOf(answer.body)]).toEqual([
      404,
      'client_merged',
      kept.id,
    ]);
    expect(await listed({ q: other.name, archived: 'true' })).toEqual([]);
    expect(await listed({ archived: 'true', limit: '200' })).not.toContain(other.id);
    expect(await listed({ limit: '200' })).not.toContain(other.id);
    const params = { id: other.id };
    const tried = [
      await manager.tries('changeClient', { params, body: { name: 'Late' } }),
      await manager.tries('restoreClient', { params, body: {} }),
      await manager.tries('createNote', { params, body: { body: 'Late' } }),
      await manager.tries('createAddress', { params, body: place }),
      await manager.tries('createContact', { params, body: { name: 'Late', roles: ['booking'] } }),
      await manager.tries('listNotes', { params, query: {} }),
      await manager.tries('listContacts', { params, query: {} }),
      await manager.tries('mergeClients', { params, body: { other_id: kept.id } }),
    ];
    expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 404));
    // No third client gets the id under which the books know it.
    const again = await manager.tries('createClient', {
      body: aClient({ external_id: 'OLD-1' }),
    });
    expect(again.code).toBe('external_id_taken');
    // Its e-mail is the kept one's.
    const { email } = other;
    const duplicate = await manager.tries('createClient', { body: { name: 'Again', email } });
    expect(duplicate.code).toBe('client_duplicate');
  });

  test('takes what it is told to take, and swaps external ids', async () => {
    const [kept, other] = [
      await entered({ external_id: 'KEPT-2' }),
      await entered({ external_id: 'OTHER-2' }),
    ];
    const { body } = await merges(kept.id, other.id, { take: ['name', 'external_id'] });
    expect([body.client.name, body.client.external_id]).toEqual([other.name, 'OTHER-2']);
    const again = await manager.tries('createClient', {
      body: aClient({ external_id: 'KEPT-2' }),
    });
    expect(again.code).toBe('external_id_taken');
  });

  test('as a dry run says the same, and changes nothing', async () => {
    const [kept, other] = [await aFullClient(), await aFullClient()];
    const [id, other_id] = [kept.client.id, other.client.id];
    const tried = await merges(id, other_id, { dry_run: true });
    expect((await read(other_id)).body).toEqual(other.client);
    expect((await read(id)).body).toEqual(kept.client);
    expect(await clients.announced(manager.tenant_id, 'clients.client.merged.v1')).not.toEqual(
      expect.arrayContaining([expect.objectContaining({ subject: id })]),
    );
    const done = await merges(id, other_id);
    const { client: expected } = tried.body;
    const { updated_at } = done.body.client;
    expect(done.body).toEqual({
      ...tried.body,
      dry_run: false,
      version: expected.version,
      client: { ...expected, updated_at },
    });
  });

  test('is announced with the versions, and told in both trails', async () => {
    const [kept, other] = [await entered(), await entered()];
    await merges(kept.id, other.id);
    const posts = await clients.announced(manager.tenant_id, 'clients.client.merged.v1');
    expect(posts.at(-1)).toMatchObject({
      subject: kept.id,
      data: { id: kept.id, version: 2, merged_id: other.id, merged_version: 2 },
    });
    const owner = clients.actor(['owner'], manager.tenant_id);
    const trailOf = async (subject_id: string) =>
      (await owner.does('listAudit', { query: { subject_id } })).data;
    expect((await trailOf(other.id))[0]).toMatchObject({
      action: 'mergeClients',
      before: { name: other.name, email: other.email },
      after: { merged_into: kept.id },
    });
    expect((await trailOf(kept.id))[0]).toMatchObject({ after: { merged_id: other.id } });
  });

  test('is refused where it makes no sense', async () => {
    const [kept, other] = [await entered(), await entered()];
    const rival = clients.actor(['manager']);
    const foreign = await rival.does('createClient', { body: aClient() });
    const codeOf = async (id: string, other_id: string, changes = {}) =>
      (await merges(id, other_id, changes)).code;
    expect(await codeOf(kept.id, kept.id)).toBe('merge_with_itself');
    expect(await codeOf(kept.id, foreign.id)).toBe('client_unknown');
    expect(await codeOf(foreign.id, kept.id)).toBe('not_found');
    expect(await codeOf(kept.id, other.id, { other_version: 7 })).toBe('version_stale');
    const stale = await manager.tries(
      'mergeClients',
      { params: { id: kept.id }, body: { other_id: other.id } },
      { if_match: 7 },
    );
    expect([stale.status, stale.code]).toEqual([412, 'version_stale']);
    const dispatcher = clients.actor(['dispatcher'], manager.tenant_id);
    const forbidden = await dispatcher.tries('mergeClients', {
      params: { id: kept.id },
      body: { other_id: other.id },
    });
    expect(forbidden.status).toBe(403);
    await manager.does('archiveClient', { params: { id: kept.id } });
    expect(await codeOf(kept.id, other.id)).toBe('client_archived');
    expect((await merges(other.id, kept.id)).status).toBe(200);
    expect(await codeOf(other.id, kept.id)).toBe('client_unknown');
  });
});

describe('at once', () => {
  test('in both directions: one of them is merged, time and again', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, other] = [await entered(), await entered()];
      const answers = await Promise.all([merges(one.id, other.id), merges(other.id, one.id)]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      const [first, second] = await Promise.all([read(one.id), read(other.id)]);
      expect([first.status, second.status].toSorted()).toEqual([200, 404]);
    }
  });

  test('a into b, b into c, c into a: whoever is gone lives on in one that is there', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = [(await entered()).id, (await entered()).id, (await entered()).id];
      const at = (index: number) => ids[index % 3] as string;
      await Promise.all([0, 1, 2].map((index) => merges(at(index + 1), at(index))));
      const answers = await Promise.all(ids.map(read));
      const there = ids.filter((_, index) => answers[index]?.status === 200);
      expect(there.length).toBeGreaterThan(0);
      for (const { status, body } of answers) {
        if (status === 404) expect(there).toContain(survivorOf(body));
      }
    }
  });

  test('with new notes, contacts and changes: none is left with the one that is gone', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [kept, other] = [await entered(), await aFullClient()];
      const params = { id: other.client.id };
      const contact = { name: 'Late', roles: ['booking' as const] };
      await Promise.all([
        merges(kept.id, other.client.id),
        manager.tries('createNote', { params, body: { body: 'At the same time' } }),
        manager.tries('createContact', { params, body: contact }),
        manager.tries('createAddress', { params, body: place }),
        manager.tries('changeContact', {
          params: { id: other.contact.id },
          body: { name: 'Changed' },
        }),
      ]);
      expect((await read(other.client.id)).status).toBe(404);
      const left = await clients.database.inspect(
        `SELECT id FROM clients.notes WHERE client_id = $1
          UNION ALL SELECT id FROM clients.contacts WHERE client_id = $1
          UNION ALL SELECT id FROM clients.addresses WHERE client_id = $1
          UNION ALL SELECT source_id FROM clients.search_terms WHERE client_id = $1`,
        [other.client.id],
      );
      expect(left).toEqual([]);
    }
  });
});
