import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TenantCreated } from '@roundhouse/auth/events';
import { type Actor, anAuth, type ServedService, serve, settingsOf } from '@roundhouse/testing';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { subscriptions } from '../src/subscriptions.ts';

let clients: ServedService<typeof contract>;
const auth = anAuth({ time_zone: 'America/Denver' });

beforeAll(async () => {
  clients = await serve({
    contract,
    subscriptions,
    createApp: (base) => createApp({ ...base, auth }),
  });
});
afterAll(() => clients.stop());

const aDispatcher = (tenant_id?: string): Actor<typeof contract> =>
  clients.actor(['dispatcher'], tenant_id);
const aSchool = { name: 'Riverside High School', email: 'trips@riverside.example' };
const another = { ...aSchool, allow_duplicate: true };

describe('entering a client', () => {
  test('answers it with an id, a version and the zone of the business', async () => {
    const dispatcher = aDispatcher();
    const { status, body, headers } = await dispatcher.tries('createClient', { body: aSchool });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...aSchool, phone: null, version: 1, status: 'active' });
    expect(body.time_zone).toBe('America/Denver');
    expect(headers.get('etag')).toBe('"1"');
  });

  test('asks for the settings of the business once, and not if it has heard them', async () => {
    const early = aDispatcher();
    auth.asked = 0;
    await early.does('createClient', { body: aSchool });
    await early.does('createClient', { body: another });
    expect(auth.asked).toBe(1);

    const tenant_id = randomUUID();
    await clients.hears(TenantCreated, { tenant_id, data: settingsOf(tenant_id) });
    await aDispatcher(tenant_id).does('createClient', { body: aSchool });
    expect(auth.asked).toBe(1);
  });

  test('is announced and noted in the same transaction', async () => {
    const dispatcher = aDispatcher();
    const { id } = await dispatcher.does('createClient', { body: aSchool });
    const posts = await clients.announced(dispatcher.tenant_id);
    expect(posts).toMatchObject([{ type: 'clients.client.created.v1', subject: id }]);
    const notes = await clients.database.inspect(
      'SELECT action, subject_id, actor_kind FROM clients.audit_log WHERE tenant_id = $1',
      [dispatcher.tenant_id],
    );
    expect(notes).toEqual([{ action: 'createClient', subject_id: id, actor_kind: 'user' }]);
  });

  test('twice with one key makes one client and gives the same answer', async () => {
    const dispatcher = aDispatcher();
    const key = { idempotency_key: 'form-1' };
    const first = await dispatcher.tries('createClient', { body: aSchool }, key);
    const second = await dispatcher.tries('createClient', { body: aSchool }, key);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('etag')).toBe('"1"');
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    const { data } = await dispatcher.does('listClients', {});
    expect(data).toHaveLength(1);
    expect(await clients.announced(dispatcher.tenant_id)).toHaveLength(1);
  });

  test('that is done is answered to all who repeat it at once', async () => {
    const dispatcher = aDispatcher();
    const key = { idempotency_key: 'impatient' };
    const repeats = (body: { name: string }) =>
      Promise.all(
        Array.from({ length: 20 }, () => dispatcher.tries('createClient', { body }, key)),
      );
    const { id } = await dispatcher.does('createClient', { body: aSchool }, key);
    const same = await repeats(aSchool);
    expect(new Set(same.map(({ status, body }) => `${status} ${body.id}`))).toEqual(
      new Set([`201 ${id}`]),
    );
    const other = await repeats({ ...aSchool, name: 'Lakeside' });
    expect(new Set(other.map(({ code }) => code))).toEqual(new Set(['idempotency_key_reused']));
  });

  test('with a used key and another body is refused', async () => {
    const dispatcher = aDispatcher();
    const key = { idempotency_key: 'form-1' };
    await dispatcher.does('createClient', { body: aSchool }, key);
    const other = { body: { ...aSchool, name: 'Lakeside' } };
    const { status, code } = await dispatcher.tries('createClient', other, key);
    expect([status, code]).toEqual([422, 'idempotency_key_reused']);
  });

  test('with a key that is older than a day is a new request', async () => {
    const dispatcher = aDispatcher();
    const key = { idempotency_key: 'form-1' };
    const { id } = await dispatcher.does('createClient', { body: aSchool }, key);
    const ages = (age: string) =>
      clients.database.inspect(
        `UPDATE clients.idempotency_keys SET created_at = now() - $2::interval
         WHERE tenant_id = $1`,
        [dispatcher.tenant_id, age],
      );
    await ages('23 hours 59 minutes');
    expect(await dispatcher.does('createClient', { body: aSchool }, key)).toMatchObject({ id });
    await ages('24 hours 1 minute');
    const lakeside = { body: { ...aSchool, name: 'Lakeside', email: 'office@lakeside.example' } };
    const { id: newer } = await dispatcher.does('createClient', lakeside, key);
    expect(newer).not.toBe(id);
    expect(await dispatcher.does('createClient', lakeside, key)).toMatchObject({ id: newer });
  });

  test('of fifty twins at once makes one client; the others hear so or have to wait', async () => {
    const dispatcher = aDispatcher();
    await dispatcher.does('createClient', { body: aSchool });
    const key = { idempotency_key: 'burst' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => dispatcher.tries('createClient', { body: another }, key)),
    );
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
    const others = answers.filter(({ status }) => status !== 201);
    expect(ids.size).toBe(1);
    expect(new Set(others.map(({ code }) => code))).toEqual(
      new Set(others.length === 0 ? [] : ['idempotency_key_in_use']),
    );
    const { data } = await dispatcher.does('listClients', {});
    expect(data).toHaveLength(2);
  });

  test.each([
    [{ name: ' ' }, '/name'],
    [{ name: 'A', email: 'nobody' }, '/email'],
    [{ name: 'A', phone: '0123' }, '/phone'],
    [{ name: 'A', time_zone: 'Mars/Base' }, '/time_zone'],
    [{ name: 'A', tenant_id: randomUUID() }, '/tenant_id'],
    [{}, '/name'],
  ])('refuses %j and names the field', async (body, pointer) => {
    const { status, body: problem } = await aDispatcher().tries('createClient', { body } as never);
    expect(status).toBe(422);
    expect(problem).toMatchObject({ code: 'invalid', errors: [{ pointer }] });
  });
});

describe('changing a client', () => {
  test('raises its version, announces it and keeps what was not sent', async () => {
    const dispatcher = aDispatcher();
    const { id } = await dispatcher.does('createClient', { body: aSchool });
    const params = { id };
    const changed = await dispatcher.does('changeClient', { params, body: { status: 'barred' } });
    expect(changed).toMatchObject({ ...aSchool, status: 'barred', version: 2 });
    const posts = await clients.announced(dispatcher.tenant_id, '%changed%');
    expect(posts).toMatchObject([{ data: { status: 'barred', version: 2 } }]);
  });

  test('with a stale version is refused and changes nothing', async () => {
    const dispatcher = aDispatcher();
    const { id } = await dispatcher.does('createClient', { body: aSchool });
    const params = { id };
    const fresh = { if_match: 1 };
    await dispatcher.does('changeClient', { params, body: { name: 'One' } }, fresh);
    const late = await dispatcher.tries('changeClient', { params, body: { name: 'Two' } }, fresh);
    expect([late.status, late.code]).toEqual([412, 'version_stale']);
    expect(await dispatcher.does('getClient', { params })).toMatchObject({ name: 'One' });
  });

  test('to nothing at all is refused', async () => {
    const dispatcher = aDispatcher();
    const { id } = await dispatcher.does('createClient', { body: aSchool });
    const { status } = await dispatcher.tries('changeClient', { params: { id }, body: {} });
    expect(status).toBe(422);
  });
});

const forged = (sort: string, value: string) =>
  Buffer.from(JSON.stringify([sort, value, randomUUID()])).toString('base64url');

describe('the list', () => {
  test('gives each client once, page after page, also while clients are added', async () => {
    const dispatcher = aDispatcher();
    const names = Array.from({ length: 7 }, (_, index) => `Client ${index}`);
    for (const name of names) await dispatcher.does('createClient', { body: { name } });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '3', sort: '-created_at' };
      if (cursor !== null) query.cursor = cursor;
      const { data, next_cursor }: { data: { name: string }[]; next_cursor: string | null } =
        await dispatcher.does('listClients', { query });
      seen.push(...data.map(({ name }) => name));
      cursor = next_cursor;
      await dispatcher.does('createClient', { body: { name: 'Newcomer' } });
    } while (cursor !== null);
    expect(seen).toEqual(names.toReversed());
  });

  test('by name is in order of names', async () => {
    const dispatcher = aDispatcher();
    for (const name of ['B', 'A', 'C']) await dispatcher.does('createClient', { body: { name } });
    const first = await dispatcher.does('listClients', { query: { sort: 'name', limit: '2' } });
    const query = { sort: 'name', limit: '2', cursor: first.next_cursor ?? '' };
    const { data } = await dispatcher.does('listClients', { query });
    expect([...first.data, ...data].map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  });

  test.each([
    [{ limit: '0' }],
    [{ limit: '201' }],
    [{ cursor: 'bogus' }],
    [{ cursor: forged('-created_at', '-271821-04-20T00:00:00Z') }],
    [{ cursor: forged('-created_at', '2026-01-01T00:00Z[u-ca=iso8601]') }],
    [{ cursor: forged('-created_at', '0000-01-01T00:00:00Z') }],
    [{ sort: 'name', cursor: forged('name_key', 'a\0b') }],
    [{ sort: 'password' }],
    [{ tenant_id: randomUUID() }],
  ])('refuses %j', async (query) => {
    const { status } = await aDispatcher().tries('listClients', { query } as never);
    expect(status).toBe(422);
  });
});

describe('the wall', () => {
  test('another business sees no client of ours, whatever it tries', async () => {
    const dispatcher = aDispatcher();
    const { id } = await dispatcher.does('createClient', { body: aSchool });
    const rival = aDispatcher();
    const params = { id };
    expect((await rival.tries('getClient', { params })).status).toBe(404);
    const change = await rival.tries('changeClient', { params, body: { name: 'Ours' } });
    expect(change.status).toBe(404);
    expect((await rival.does('listClients', {})).data).toEqual([]);
    expect(await dispatcher.does('getClient', { params })).toMatchObject(aSchool);
  });

  test('staff may not read clients, and nobody may without a token', async () => {
    const staff = clients.actor(['staff']);
    expect((await staff.tries('listClients', {})).code).toBe('permission_missing');
    expect((await clients.stranger().tries('listClients', {})).code).toBe('token_missing');
  });
});
