import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { aSignedUp, ask, asksToken, basic, bearer, isRevoked, passes } from './actors.ts';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const scopes = ['users:read', 'machine-clients:read'];

/** An owner, and the partner's machine that he lets in. */
async function aPartner() {
  const owner = await aSignedUp(auth);
  const at = auth.actor(['owner'], owner.tenant.id);
  const client = await at.does('createMachineClient', { body: { name: 'Partner', scopes } });
  return { owner, at, client, params: { id: client.id } };
}
const grant = { grant_type: 'client_credentials' };
const getsToken = (client: { id: string; secret: string }, fields: object = {}) =>
  asksToken(auth, { ...grant, ...fields }, basic(client.id, client.secret));

describe('a machine client', () => {
  test('gets a token by the header or the body, with its scopes and nothing else', async () => {
    const { client, owner } = await aPartner();
    const { status, body } = await getsToken(client);
    expect([status, body.scope, 'refresh_token' in body]).toEqual([200, scopes.join(' '), false]);
    expect(jwt.verify(body.access_token, auth.key.public)).toMatchObject({
      ...{ sub: client.id, client_id: client.id, sid: client.id, roles: [], ver: 1 },
      ...{ tenant_id: owner.tenant.id, scope: scopes.join(' ') },
    });
    const sent = { client_id: client.id, client_secret: client.secret };
    expect((await asksToken(auth, { ...grant, ...sent })).status).toBe(200);
    const reads = (path: string) => ask(auth, path, bearer(body.access_token, { method: 'GET' }));
    expect((await reads('/users')).status).toBe(200);
    expect((await reads('/audit')).code).toBe('permission_missing');
    expect((await reads('/me')).code).toBe('permission_missing');
  });

  test('narrows its scopes, and cannot widen them', async () => {
    const { client } = await aPartner();
    expect((await getsToken(client, { scope: 'users:read' })).body.scope).toBe('users:read');
    const wide = await getsToken(client, { scope: 'users:read users:write' });
    expect([wide.status, wide.body.error]).toEqual([400, 'invalid_scope']);
  });

  test('is refused with another secret, another id, or a machine of nobody', async () => {
    const { client } = await aPartner();
    const other = (await aPartner()).client;
    for (const wrong of [
      { ...client, secret: other.secret },
      { ...client, secret: '' },
      { ...client, id: '019a6f5e-0000-7000-8000-000000000001' },
    ]) {
      const { status, body, headers } = await getsToken(wrong);
      expect([status, body.error]).toEqual([401, 'invalid_client']);
      expect(headers.get('www-authenticate')).toContain('Basic');
    }
  });

  test('has a secret that is shown once, and kept as a hash', async () => {
    const { client, at, params, owner } = await aPartner();
    expect(client.secret.startsWith(client.secret_prefix)).toBe(true);
    expect(await at.does('getMachineClient', { params })).not.toHaveProperty('secret');
    for (const table of ['machine_clients', 'audit_log', 'outbox']) {
      const rows = await auth.database.inspect(
        `SELECT to_jsonb(t)::text AS text FROM auth.${table} t WHERE tenant_id = $1`,
        [owner.tenant.id],
      );
      expect(rows.map((row) => row.text).join()).not.toContain(client.secret);
    }
  });

  test('is told when it was used last, written once a minute', async () => {
    const { client, at, params } = await aPartner();
    const used = async () => {
      await getsToken(client);
      return (await at.does('getMachineClient', { params })).last_used_at;
    };
    const first = auth.clock.now.toString();
    expect(await used()).toBe(first);
    passes(auth, 59);
    expect(await used()).toBe(first);
    passes(auth, 1);
    expect(await used()).toBe(auth.clock.now.toString());
  });
});

describe('whoever lets machines in', () => {
  test('gives them no more than he has himself', async () => {
    const { owner } = await aPartner();
    const body = { name: 'Too much', scopes: ['users:write'] };
    // A machine that may make machines makes none that can more than itself.
    const maker = await auth
      .actor(['owner'], owner.tenant.id)
      .does('createMachineClient', { body: { name: 'Maker', scopes: ['machine-clients:write'] } });
    const { body: token } = await getsToken(maker);
    const raised = await ask(auth, '/machine-clients', bearer(token.access_token, { body }));
    expect([raised.status, raised.code]).toEqual([403, 'scope_not_grantable']);
    const at = auth.actor(['owner'], owner.tenant.id);
    const unknown = await at.tries('createMachineClient', { body: { name: 'x', scopes: ['*'] } });
    expect([unknown.status, unknown.code]).toEqual([422, 'scope_unknown']);
    const dispatcher = auth.actor(['dispatcher'], owner.tenant.id);
    expect((await dispatcher.tries('createMachineClient', { body })).code).toBe(
      'permission_missing',
    );
  });

  test('gets no secret of a machine that can more than himself', async () => {
    const { client, at, params } = await aPartner();
    const { body: token } = await getsToken(
      await at.does('createMachineClient', {
        body: { name: 'Maker', scopes: ['machine-clients:write'] },
      }),
    );
    const path = `/machine-clients/${client.id}/rotate-secret`;
    const taken = await ask(auth, path, bearer(token.access_token, { body: {} }));
    expect([taken.status, taken.code]).toEqual([403, 'scope_not_grantable']);
    expect((await getsToken(client)).status).toBe(200);
    expect((await at.does('getMachineClient', { params })).version).toBe(client.version);
  });

  test('gets no user by his machine that may more than the machine', async () => {
    const { at } = await aPartner();
    const body = { name: 'Directory', scopes: ['users:write'] };
    const { body: token } = await getsToken(await at.does('createMachineClient', { body }));
    const asks = async (path: string, sent: object, method = 'POST') => {
      const answer = await ask(auth, path, bearer(token.access_token, { body: sent, method }));
      return [answer.status, answer.code];
    };
    const refused = [403, 'role_not_grantable'];
    const colleague = aColleague({ roles: ['sales'] });
    expect(await asks('/users', colleague)).toEqual(refused);
    const { email, roles } = colleague;
    expect(await asks('/invitations', { email, roles })).toEqual(refused);
    const { id } = await at.does('createUser', { body: aColleague({ roles: ['client'] }) });
    expect(await asks(`/users/${id}`, { roles: ['manager'] }, 'PATCH')).toEqual(refused);
    const gone = await at.does('createUser', { body: colleague });
    await at.does('deactivateUser', { params: { id: gone.id } });
    expect((await asks(`/users/${gone.id}/reactivate`, {}))[1]).toBe('role_not_grantable');
    const { status } = await ask(
      auth,
      '/users',
      bearer(token.access_token, { body: aColleague({ roles: ['client'] }) }),
    );
    expect(status).toBe(201);
  });

  test('rotates the secret with an overlap', async () => {
    const { client, at, params } = await aPartner();
    const second = await at.does('rotateMachineSecret', { params, body: { overlap_hours: 2 } });
    expect(second.secret).not.toBe(client.secret);
    expect([(await getsToken(client)).status, (await getsToken(second)).status]).toEqual([
      200, 200,
    ]);
    passes(auth, 2 * 3_600);
    expect([(await getsToken(client)).status, (await getsToken(second)).status]).toEqual([
      401, 200,
    ]);
    const { body: token } = await getsToken(second);
    const third = await at.does('rotateMachineSecret', { params, body: { overlap_hours: 0 } });
    expect([(await getsToken(second)).status, (await getsToken(third)).status]).toEqual([401, 200]);
    // Without an overlap the secret is taken for stolen: what it was good for ends as well.
    await isRevoked(auth, token.access_token);
  });

  test('changes scopes, which ends the tokens that tell the old ones', async () => {
    const { client, at, params, owner } = await aPartner();
    const { body } = await getsToken(client);
    const fields = { scopes: ['machine-clients:read'] };
    const stale = await at.tries('changeMachineClient', { params, body: fields }, { if_match: 7 });
    expect(stale.status).toBe(412);
    await at.does('changeMachineClient', { params, body: fields });
    await isRevoked(auth, body.access_token);
    expect((await getsToken(client)).body.scope).toBe('machine-clients:read');
    expect(await auth.announced(owner.tenant.id, 'auth.subject.changed.v1')).toMatchObject([
      { data: { subject_id: client.id, kind: 'machine', token_version: 2, active: true } },
    ]);
  });

  test('revokes a client for good, and hears of it once', async () => {
    const { client, at, params, owner } = await aPartner();
    const { body } = await getsToken(client);
    const revoked = await at.does('revokeMachineClient', { params });
    expect(await at.does('revokeMachineClient', { params })).toEqual(revoked);
    await isRevoked(auth, body.access_token);
    expect((await getsToken(client)).body.error).toBe('invalid_client');
    expect((await at.tries('rotateMachineSecret', { params, body: {} })).code).toBe(
      'machine_client_revoked',
    );
    const told = await auth.announced(owner.tenant.id, 'auth.subject.changed.v1');
    expect(told).toMatchObject([{ data: { active: false } }]);
    const active = await at.does('listMachineClients', { query: { active: 'true' } });
    expect(active.data).toEqual([]);
  });

  test('has no more of them than the plan has room for, also at once', async () => {
    const { at, owner } = await aPartner();
    const made = { name: 'One', scopes };
    await auth.database.inspect(
      'UPDATE auth.tenants SET machine_clients_granted = 3 WHERE tenant_id = $1',
      [owner.tenant.id],
    );
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => at.tries('createMachineClient', { body: made })),
    );
    const count = (status: number) => answers.filter((one) => one.status === status).length;
    expect([count(201), count(409)]).toEqual([2, 4]);
  });

  test('sees nobody else’s', async () => {
    const { params } = await aPartner();
    const { at } = await aPartner();
    expect((await at.tries('getMachineClient', { params })).status).toBe(404);
    expect((await at.tries('revokeMachineClient', { params })).status).toBe(404);
    const { data } = await at.does('listMachineClients', {});
    expect(data.map(({ id }) => id)).not.toContain(params.id);
  });
});
