import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
let dispatcher: Colleague;

const book = [
  {
    name: 'Riverside High School',
    email: 'trips@riverside.example',
    phone: '+12125550123',
    external_id: 'HS-1001',
    tags: ['VIP', 'School'],
  },
  { name: 'Émile Zola', kind: 'person' as const, phone: '+442079460018', tags: ['vip'] },
  { first_name: 'anna', last_name: 'Riverson', email: 'anna@lakeside.example' },
  { name: 'Lakeside Brewing', status: 'barred' },
];

beforeAll(async () => {
  clients = await serveClients();
  dispatcher = clients.actor(['dispatcher']);
  for (const { status, ...body } of book as ({ status?: 'barred' } & object)[]) {
    const { id } = await dispatcher.does('createClient', { body });
    if (status) await dispatcher.does('changeClient', { params: { id }, body: { status } });
  }
});
afterAll(() => clients.stop());

const names = async (query: Record<string, string>) =>
  (await dispatcher.does('listClients', { query: { sort: 'name', ...query } })).data.map(
    ({ name }) => name,
  );
const [school, emile, anna, brewing] = [
  'Riverside High School',
  'Émile Zola',
  'anna Riverson',
  'Lakeside Brewing',
];

describe('the list of clients', () => {
  test.each([
    // Without case and accents, as people look names up.
    [{}, [anna, emile, brewing, school]],
    [{ sort: '-name' }, [school, brewing, emile, anna]],
    [{ sort: 'created_at' }, [school, emile, anna, brewing]],
    [{ sort: '-updated_at', limit: '1' }, [brewing]],
    [{ q: 'river' }, [anna, school]],
    [{ q: 'riv hi' }, [school]],
    [{ q: 'emile' }, [emile]],
    [{ q: '(212) 555-0123' }, [school]],
    [{ q: '020 7946 0018' }, [emile]],
    [{ q: '0018' }, [emile]],
    [{ q: 'TRIPS@riverside.example' }, [school]],
    [{ q: 'hs-1001' }, [school]],
    [{ q: 'e' }, [anna, emile, school]],
    [{ q: 'lakeside', has_email: 'true' }, [anna]],
    [{ has_email: 'false' }, [emile, brewing]],
    [{ tag: 'vip' }, [emile, school]],
    [{ tag: 'vip', q: 'high' }, [school]],
    [{ tag: 'nobody' }, []],
    [{ status: 'barred' }, [brewing]],
    [{ kind: 'person' }, [anna, emile]],
    [{ external_id: 'HS-1001' }, [school]],
    [{ external_id: 'HS-100' }, []],
    [{ created_from: '2999-01-01T00:00:00Z' }, []],
    [{ created_to: '2999-01-01T00:00:00Z', kind: 'person' }, [anna, emile]],
    [{ archived: 'true' }, []],
  ])('of %j is %j', async (query, wanted) => {
    expect(await names(query)).toEqual(wanted);
  });

  test.each([
    [{ q: '--' }],
    [{ q: 'a b c d e f g' }],
    [{ q: 'x'.repeat(101) }],
    [{ kind: 'robot' }],
    [{ archived: 'perhaps' }],
    [{ created_from: 'yesterday' }],
  ])('of %j is refused', async (query) => {
    expect((await dispatcher.tries('listClients', { query } as never)).status).toBe(422);
  });

  test('another business finds nothing of it', async () => {
    const rival = clients.actor(['dispatcher']);
    expect((await rival.does('listClients', { query: { q: 'river' } })).data).toEqual([]);
    expect((await rival.does('listTags', {})).data).toEqual([]);
  });

  test('finds a client by what it is called now, and by nothing that it was', async () => {
    const body = aClient({ name: 'Oldname Motors', tags: ['Fleet'] });
    const { id } = await dispatcher.does('createClient', { body });
    const change = { name: 'Newname Motors', tags: [] };
    await dispatcher.does('changeClient', { params: { id }, body: change });
    expect(await names({ q: 'oldname' })).toEqual([]);
    expect(await names({ q: 'newname' })).toEqual(['Newname Motors']);
    expect(await names({ tag: 'fleet' })).toEqual([]);
    const { data } = await dispatcher.does('listTags', {});
    // A tag that nobody carries any more is none; one that two spell is one.
    expect(data.map(({ name }) => name)).toEqual(['School', 'VIP']);
  });
});

describe('an archived client', () => {
  test('is in no list but that of the archived ones, and comes back with all it had', async () => {
    const body = aClient({ name: 'Winter Tours', tags: ['Season'] });
    const made = await dispatcher.does('createClient', { body });
    const params = { id: made.id };
    const archived = await dispatcher.does('archiveClient', { params }, { if_match: 1 });
    expect(archived).toMatchObject({ version: 2, archived_at: expect.any(String) });
    expect(await names({ q: 'winter' })).toEqual([]);
    expect(await names({ q: 'winter', archived: 'true' })).toEqual(['Winter Tours']);

    const refusals = await Promise.all([
      dispatcher.tries('archiveClient', { params }),
      dispatcher.tries('changeClient', { params, body: { name: 'Late' } }),
      dispatcher.tries('createContact', { params, body: { name: 'Pat', roles: ['booking'] } }),
      dispatcher.tries('createAddress', {
        params,
        body: { lines: ['1 Main St'], city: 'Yonkers', country: 'US' },
      }),
    ]);
    expect(refusals.map(({ status, code }) => [status, code])).toEqual(
      refusals.map(() => [409, 'client_archived']),
    );
    expect(refusals[0]?.body).toMatchObject({ allowed: ['restore'] });

    const stale = { params, body: {} };
    expect((await dispatcher.tries('restoreClient', stale, { if_match: 1 })).status).toBe(412);
    const restored = await dispatcher.does('restoreClient', { params, body: {} });
    expect(restored).toMatchObject({ version: 3, archived_at: null, tags: ['Season'] });
    const twice = await dispatcher.tries('restoreClient', { params, body: {} });
    expect(twice.body).toMatchObject({ code: 'client_not_archived', allowed: ['archive'] });

    const posts = await clients.announced(dispatcher.tenant_id, 'clients.client.%ed.v1');
    const told = posts.filter(({ subject }) => subject === made.id);
    expect(told.map(({ type, data }) => [type, data.version])).toEqual([
      ['clients.client.created.v1', 1],
      ['clients.client.archived.v1', 2],
      ['clients.client.restored.v1', 3],
    ]);
    expect(told[1]?.data.archived_at).toEqual(expect.any(String));
    expect(JSON.stringify(told)).not.toContain('Season');
  });
});
