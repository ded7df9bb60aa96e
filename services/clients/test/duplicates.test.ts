import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aClient, type Clients, type Colleague, serveClients } from './serve-clients.ts';

let clients: Clients;
let dispatcher: Colleague;

beforeAll(async () => {
  clients = await serveClients();
  dispatcher = clients.actor(['dispatcher']);
});
afterAll(() => clients.stop());

/** What one race lets pass by chance, one of so many does not. */
const ROUNDS = 20;

const existingOf = (body: unknown) => (body as { existing?: object[] }).existing;

describe('a second client with the same e-mail or phone', () => {
  test('is refused, and the first one is named', async () => {
    const school = aClient({ phone: '+12125550199' });
    const { id, name } = await dispatcher.does('createClient', { body: school });
    const body = { name: 'Again', email: school.email.toUpperCase(), phone: school.phone };
    const again = await dispatcher.tries('createClient', { body });
    expect([again.status, again.code]).toEqual([409, 'client_duplicate']);
    expect(existingOf(again.body)).toEqual([
      { id, name, match: 'email' },
      { id, name, match: 'phone' },
    ]);
  });

  test('is entered where it is wanted', async () => {
    const school = aClient();
    await dispatcher.does('createClient', { body: school });
    const body = { ...school, allow_duplicate: true };
    expect((await dispatcher.tries('createClient', { body })).status).toBe(201);
  });

  test('of eight at once is entered once, time and again', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const body = aClient();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => dispatcher.tries('createClient', { body })),
      );
      const codes = answers.map(({ code }) => code);
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      expect(codes.filter((code) => code === 'client_duplicate')).toHaveLength(7);
    }
  });

  test('sent again under its key gets its answer, and no refusal', async () => {
    const body = aClient();
    const key = { idempotency_key: 'lost answer' };
    const first = await dispatcher.tries('createClient', { body }, key);
    const second = await dispatcher.tries('createClient', { body }, key);
    expect([second.status, second.body.id]).toEqual([201, first.body.id]);
  });

  test('is none in another business, and none of an archived client', async () => {
    const school = aClient();
    const { id } = await dispatcher.does('createClient', { body: school });
    const rival = clients.actor(['dispatcher']);
    expect((await rival.tries('createClient', { body: school })).status).toBe(201);
    await dispatcher.does('archiveClient', { params: { id } });
    expect((await dispatcher.tries('createClient', { body: school })).status).toBe(201);
    const restored = await dispatcher.tries('restoreClient', { params: { id }, body: {} });
    expect(restored.code).toBe('client_duplicate');
    const body = { allow_duplicate: true };
    expect((await dispatcher.tries('restoreClient', { params: { id }, body })).status).toBe(200);
  });
});

describe('a change', () => {
  test("to another client's e-mail is refused unless it is wanted", async () => {
    const [one, other] = [aClient(), aClient()];
    await dispatcher.does('createClient', { body: one });
    const { id } = await dispatcher.does('createClient', { body: other });
    const params = { id };
    const body = { email: one.email };
    expect((await dispatcher.tries('changeClient', { params, body })).code).toBe(
      'client_duplicate',
    );
    const wanted = { ...body, allow_duplicate: true };
    await dispatcher.does('changeClient', { params, body: wanted });
    // It has been said once: the same form sent again is no new duplicate.
    await dispatcher.does('changeClient', { params, body: { ...body, name: 'Same form' } });
  });

  test('sets the old e-mail free', async () => {
    const school = aClient();
    const { id } = await dispatcher.does('createClient', { body: school });
    await dispatcher.does('changeClient', { params: { id }, body: { email: null } });
    expect((await dispatcher.tries('createClient', { body: school })).status).toBe(201);
  });

  test('of two clients to one e-mail at once: one wins, time and again', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = await Promise.all(
        [aClient(), aClient()].map(
          async (body) => (await dispatcher.does('createClient', { body })).id,
        ),
      );
      const body = { email: `both${round}@riverside.example` };
      const answers = await Promise.all(
        ids.map((id) => dispatcher.tries('changeClient', { params: { id }, body })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    }
  });
});

describe("a contact's e-mail", () => {
  const contact = (email: string) => ({ name: 'Pat', roles: ['booking' as const], email });

  test('counts like that of its client, for its client and for others', async () => {
    const [ours, theirs] = [aClient(), aClient()];
    const { id } = await dispatcher.does('createClient', { body: ours });
    const other = await dispatcher.does('createClient', { body: theirs });
    // Of its own client it is no duplicate.
    await dispatcher.does('createContact', { params: { id }, body: contact(ours.email) });
    const taken = await dispatcher.tries('createContact', {
      params: { id },
      body: contact(theirs.email),
    });
    expect([taken.code, existingOf(taken.body)]).toEqual([
      'client_duplicate',
      [{ id: other.id, name: theirs.name, match: 'email' }],
    ]);
    const pat = contact('pat@lakeside.example');
    const { id: contact_id } = await dispatcher.does('createContact', {
      params: { id },
      body: pat,
    });
    const body = aClient({ email: pat.email });
    expect((await dispatcher.tries('createClient', { body })).code).toBe('client_duplicate');
    await dispatcher.does('archiveContact', { params: { id: contact_id } });
    await dispatcher.does('createClient', { body });
    const back = { params: { id: contact_id }, body: {} };
    expect((await dispatcher.tries('restoreContact', back)).code).toBe('client_duplicate');
  });
});

test('an external id is its alone, and says so', async () => {
  const body = aClient({ external_id: 'HS-1' });
  await dispatcher.does('createClient', { body });
  const again = aClient({ external_id: 'HS-1' });
  const refused = await dispatcher.tries('createClient', { body: again });
  expect([refused.status, refused.code]).toEqual([409, 'external_id_taken']);
  const { id } = await dispatcher.does('createClient', { body: aClient() });
  const change = { params: { id }, body: { external_id: 'HS-1' } };
  expect((await dispatcher.tries('changeClient', change)).code).toBe('external_id_taken');
  const rival = clients.actor(['dispatcher']);
  expect((await rival.tries('createClient', { body })).status).toBe(201);
});
