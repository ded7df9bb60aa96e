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

const reason = 'asked_by_person' as const;
const entered = (changes: object = {}) =>
  manager.does('createClient', { body: aClient(changes) as never });
const erases = (id: string, confirm_name: string) =>
  manager.tries('eraseClient', { params: { id }, body: { reason, confirm_name } });
const place = { lines: ['565 Warburton Ave'], city: 'Yonkers', country: 'US' };

/** The rows of the service that have the text anywhere. */
async function rowsWith(text: string): Promise<string[]> {
  const tables = await clients.database.inspect<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'clients' ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await clients.database.inspect(
      `SELECT 1 FROM clients.${name} AS one WHERE strpos(one::text, $1) > 0`,
      [text],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

describe('an erasure', () => {
  test('leaves nothing of the person in any table, and a client that is not there', async () => {
    const word = 'Quetzalcoatl';
    const key = { idempotency_key: 'first' };
    const body = aClient({ name: word, tags: [word], external_id: word, last_name: word });
    const { body: client } = await manager.tries('createClient', { body }, key);
    const params = { id: client.id };
    await manager.does('createContact', { params, body: { name: word, roles: ['booking'] } }, key);
    const access_notes = `Gate ${word}`;
    await manager.does('createAddress', { params, body: { ...place, access_notes } }, key);
    await manager.does('createNote', { params, body: { body: word } }, key);
    expect((await rowsWith(word)).length).toBeGreaterThan(6);
    const answer = await erases(client.id, word);
    expect([answer.status, answer.body.version, answer.body.reason]).toEqual([200, 2, reason]);
    expect(await rowsWith(word)).toEqual([]);
    expect(await rowsWith(String(body.email))).toEqual([]);
    const read = await manager.tries('getClient', { params });
    expect([read.status, read.code]).toEqual([404, 'client_erased']);
    // A late repeat of what entered the client makes no new one.
    const again = await manager.tries('createClient', { body }, key);
    expect([again.status, again.code]).toEqual([409, 'answer_redacted']);
  });

  test('leaves everybody else alone', async () => {
    const [gone, other] = [await entered({ tags: ['VIP'] }), await entered({ tags: ['VIP'] })];
    const params = { id: other.id };
    await manager.does('createNote', { params, body: { body: 'Stays' } });
    const before = await manager.does('getPersonalData', { params });
    expect(before.notes.map(({ body }) => body)).toEqual(['Stays']);
    await erases(gone.id, gone.name);
    expect(await manager.does('getPersonalData', { params })).toEqual(before);
    const tags = await manager.does('listTags', { query: {} });
    expect(tags.data.map(({ name }) => name)).toContain('VIP');
    const owner = clients.actor(['owner'], manager.tenant_id);
    const trail = await owner.does('listAudit', { query: { subject_id: other.id } });
    expect(trail.data[0]?.after).toMatchObject({ name: other.name });
  });

  test('takes those along that were merged into it, and is told with their versions', async () => {
    const [kept, merged] = [await entered(), await entered({ external_id: 'GONE-1' })];
    await manager.does('changeClient', {
      params: { id: kept.id },
      body: { external_id: 'KEPT-1' },
    });
    const body = { other_id: merged.id };
    await manager.does('mergeClients', { params: { id: kept.id }, body });
    const data = await manager.does('getPersonalData', { params: { id: kept.id } });
    expect(data.merged.map(({ name }) => name)).toEqual([merged.name]);
    await erases(kept.id, kept.name);
    for (const text of [merged.name, 'GONE-1', String(merged.email)]) {
      expect(await rowsWith(text)).toEqual([]);
    }
    const [post] = await clients
      .announced(manager.tenant_id, 'clients.client.erased.v1')
      .then((all) => all.slice(-1));
    expect(post?.data).toMatchObject({
      id: kept.id,
      version: 4,
      erased: [
        { id: kept.id, version: 4 },
        { id: merged.id, version: 3 },
      ],
    });
  });

  test('is refused under another name, and to whoever may not', async () => {
    const { id, name } = await entered();
    const params = { id };
    expect((await erases(id, name.toUpperCase())).code).toBe('name_differs');
    const body = { reason, confirm_name: name };
    for (const role of ['dispatcher', 'sales', 'accountant'] as const) {
      const colleague = clients.actor([role], manager.tenant_id);
      expect((await colleague.tries('eraseClient', { params, body })).status).toBe(403);
      expect((await colleague.tries('getPersonalData', { params })).status).toBe(403);
    }
    const rival = clients.actor(['owner']);
    expect((await rival.tries('eraseClient', { params, body })).status).toBe(404);
    expect((await rival.tries('getPersonalData', { params })).status).toBe(404);
    expect((await erases(id, name)).status).toBe(200);
    expect((await erases(id, name)).status).toBe(404);
    expect((await manager.tries('getPersonalData', { params })).status).toBe(404);
  });

  test('at once with changes of all kinds leaves nothing of them, time and again', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const word = `Xochipilli${round}`;
      const client = await entered({ phone: null });
      const params = { id: client.id };
      const note = await manager.does('createNote', { params, body: { body: 'Before' } });
      const address = await manager.does('createAddress', { params, body: place });
      const other = await entered();
      const [erased] = await Promise.all([
        erases(client.id, client.name),
        manager.tries('createNote', { params, body: { body: word } }),
        manager.tries('changeNote', { params: { id: note.id }, body: { body: word } }),
        manager.tries('createContact', { params, body: { name: word, roles: ['booking'] } }),
        manager.tries('createAddress', { params, body: { ...place, city: word } }),
        manager.tries('changeAddress', { params: { id: address.id }, body: { city: word } }),
        manager.tries('changeClient', { params, body: { last_name: word } }),
        manager.tries('mergeClients', { params, body: { other_id: other.id } }),
      ]);
      expect(erased.status).toBe(200);
      expect(await rowsWith(word)).toEqual([]);
    }
  });
});
