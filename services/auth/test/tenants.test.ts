import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Origin } from '@roundhouse/database';
import { eventually } from '@roundhouse/testing';
import { changePlan, restore, suspend } from '../src/tenants/operate.ts';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';
import { anOwner, linkOf, somebody, wordsIn } from './people.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const operator: Origin = {
  actor_kind: 'system',
  actor_id: 'operator',
  request_id: 'operator',
  address: null,
};
const entered = (tenant_id: string) => auth.app.tenant(tenant_id, operator);

describe('the business', () => {
  test('has a profile and a brand, of which only what is sent changes', async () => {
    const owner = await anOwner(auth);
    const first = await owner.does('changeTenant', {
      body: {
        legal_name: 'Happy Paws LLC',
        address: '1 Main St\nYonkers, NY',
        phone: '+12125550123',
        brand: { color: '#ffee00', logo_url: 'https://cdn.example/logo.svg' },
      },
    });
    expect(first).toMatchObject({
      version: 2,
      legal_name: 'Happy Paws LLC',
      brand: { name: null, color: '#ffee00', text_color: '#000000' },
    });
    const body = { name: 'Happy Paws', time_zone: 'America/Denver', brand: { name: 'Paws' } };
    const second = await owner.does('changeTenant', { body }, { if_match: 2 });
    expect(second).toEqual({
      ...first,
      ...{ version: 3, name: 'Happy Paws', time_zone: 'America/Denver' },
      brand: { ...first.brand, name: 'Paws' },
    });
    expect(await owner.does('getTenant', {})).toEqual(second);
    const stale = await owner.tries('changeTenant', { body }, { if_match: 2 });
    expect([stale.status, stale.code]).toEqual([412, 'version_stale']);
  });

  test('tells every service what it is called now and where', async () => {
    const owner = await anOwner(auth);
    await owner.does('changeTenant', { body: { time_zone: 'America/Denver' } });
    expect(await auth.announced(owner.tenant_id, 'auth.tenant.changed.v1')).toMatchObject([
      { data: { id: owner.tenant_id, time_zone: 'America/Denver', version: 2 } },
    ]);
  });

  test.each([
    ['another currency', { currency: 'EUR' }],
    ['another vertical', { vertical: 'pool' }],
    ['another subdomain', { subdomain: 'other' }],
    ['another plan', { plan: 'unlimited' }],
    ['a logo without encryption', { brand: { logo_url: 'http://cdn.example/logo.svg' } }],
    ['a logo that is a script', { brand: { logo_url: 'javascript:alert(1)' } }],
    ['a color by name', { brand: { color: 'red' } }],
    ['a zone that is none', { time_zone: 'Mars/Olympus' }],
    ['nothing', {}],
  ])('does not take %s', async (_, body) => {
    const owner = await anOwner(auth);
    const answer = await owner.tries('changeTenant', { body: body as never });
    expect([answer.status, answer.code]).toEqual([422, 'invalid']);
  });

  test('is changed by owner and admin alone', async () => {
    const { tenant_id } = await anOwner(auth);
    const change = { body: { name: 'Ours' } };
    const manager = await auth.actor(['manager'], tenant_id).tries('changeTenant', change);
    expect(manager.code).toBe('permission_missing');
    expect((await auth.actor(['admin'], tenant_id).tries('changeTenant', change)).status).toBe(200);
  });
});

describe('a public page', () => {
  const asks = (query: string, host?: string) =>
    fetch(`${auth.base_url}/public/tenant${query}`, {
      headers: host === undefined ? {} : { 'x-forwarded-host': host },
    });

  test('is of the business whose subdomain the host names, or the query', async () => {
    const { tenant } = await anOwner(auth);
    const shown = {
      name: tenant.name,
      subdomain: tenant.subdomain,
      vertical: 'charter',
      brand: { name: null, color: null, text_color: null, logo_url: null },
      is_sandbox: false,
    };
    const byHost = await asks('', `${tenant.subdomain}.roundhouse.example`);
    expect(byHost.headers.get('cache-control')).toBe('public, max-age=60');
    expect(await byHost.json()).toEqual(shown);
    expect(await (await asks(`?subdomain=${tenant.subdomain}`)).json()).toEqual(shown);
  });

  test.each([
    ['an unknown one', '', 'nobody.roundhouse.example'],
    ['an address', '', '127.0.0.1'],
    ['the platform itself', '', 'www.roundhouse.example'],
    ['an unknown one by query', '?subdomain=nobody-here', undefined],
  ])('of %s is not there', async (_, query, host) => {
    const answer = await asks(query, host);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBeNull();
  });
});

describe('a suspended business', () => {
  test('is let in by nothing, and as before once it is restored', async () => {
    const owner = await anOwner(auth);
    const { email } = owner.user;
    const { password } = owner;
    const link = await linkOf(auth, owner.tenant_id, 'verification');
    expect(await suspend(entered(owner.tenant_id), 'unpaid')).toBe('suspended');
    expect(await suspend(entered(owner.tenant_id), 'unpaid')).toBe('was suspended already');
    await eventually(async () =>
      expect((await owner.tries('getMe', {})).code).toBe('tenant_suspended'),
    );
    const right = await auth.logsIn({ email, password });
    expect([right.status, right.code]).toEqual([403, 'tenant_suspended']);
    const wrong = await auth.logsIn({ email, password: 'not-the-password' });
    expect([wrong.status, wrong.code]).toEqual([401, 'credentials_invalid']);
    expect((await auth.refreshes(owner.refresh_token)).code).toBe('tenant_suspended');
    const byLink = await auth.stranger().tries('verifyEmail', { params: link });
    expect(byLink.code).toBe('tenant_suspended');
    const query = { subdomain: owner.tenant.subdomain };
    const page = await auth.stranger().tries('getPublicTenant', { query });
    expect(page.code).toBe('tenant_suspended');

    expect(await restore(entered(owner.tenant_id), null)).toBe('restored');
    await eventually(async () => expect((await owner.tries('getMe', {})).status).toBe(200));
    expect((await auth.logsIn({ email, password })).status).toBe(200);
    expect((await auth.refreshes(owner.refresh_token)).status).toBe(200);
    expect((await auth.stranger().tries('verifyEmail', { params: link })).status).toBe(200);
  });

  test('is told to every service, with the reason in the trail of the operator', async () => {
    const owner = await anOwner(auth);
    await suspend(entered(owner.tenant_id), 'unpaid');
    await restore(entered(owner.tenant_id), null);
    const told = await auth.announced(owner.tenant_id, 'auth.tenant.standing_changed.v1');
    expect(told).toMatchObject([
      { data: { suspended: true, requests_per_minute: 30_000, version: 2 } },
      { data: { suspended: false, requests_per_minute: 30_000, version: 3 } },
    ]);
    await eventually(async () => {
      const { data } = await owner.does('listAudit', { query: { action: 'suspendTenant' } });
      expect(data).toMatchObject([
        { actor_kind: 'system', actor_id: 'operator', after: { reason: 'unpaid' } },
      ]);
    });
  });
});

describe('a plan', () => {
  test('is given by the operator, and read with what is used of it', async () => {
    const owner = await anOwner(auth);
    const { plan } = await owner.does('getTenant', {});
    expect(plan).toMatchObject({ name: 'standard', usage: { users: 1, machine_clients: 0 } });
    const granted = {
      users_granted: 7,
      requests_per_minute_granted: null,
      machine_clients_granted: null,
    };
    await changePlan(entered(owner.tenant_id), { plan: 'unlimited', ...granted }, 'a large one');
    expect((await owner.does('getTenant', {})).plan).toMatchObject({
      name: 'unlimited',
      limits: { users: 7, requests_per_minute: null, machine_clients: null },
    });
    const told = await auth.announced(owner.tenant_id, 'auth.tenant.standing_changed.v1');
    expect(told).toMatchObject([{ data: { requests_per_minute: null, suspended: false } }]);
  });
});

describe('a sandbox', () => {
  test('is a business of its own with the same settings and the same owner', async () => {
    const owner = await anOwner(auth, { time_zone: 'America/Denver' });
    await owner.does('changeTenant', { body: { brand: { color: '#002244' } } });
    const sandbox = await owner.does('openSandbox', {});
    expect(sandbox).toMatchObject({
      sandbox_of: owner.tenant_id,
      subdomain: `${owner.tenant.subdomain}-sandbox`,
      time_zone: 'America/Denver',
    });
    expect(sandbox.id).not.toBe(owner.tenant_id);
    expect((await owner.does('getTenant', {})).sandbox_id).toBe(sandbox.id);
    expect(await auth.announced(sandbox.id)).toMatchObject([
      { type: 'auth.tenant.created.v1', data: { id: sandbox.id, version: 1 } },
      { type: 'auth.tenant.standing_changed.v1' },
    ]);
    const { email } = owner.user;
    const { password } = owner;
    const { subdomain } = sandbox;
    const inside = somebody(auth, (await auth.logsIn({ email, password, subdomain })).body);
    expect(inside.user).toMatchObject({ roles: ['owner'], email });
    expect(inside.user.id).not.toBe(owner.user.id);
    expect(await inside.does('getTenant', {})).toMatchObject({
      sandbox_of: owner.tenant_id,
      brand: { color: '#002244' },
      plan: { name: 'sandbox' },
    });
    expect((await inside.tries('openSandbox', {})).code).toBe('is_sandbox');
  });

  test('does not stand in the way of a log-in without subdomain, which is live', async () => {
    const owner = await anOwner(auth);
    await owner.does('openSandbox', {});
    const { email } = owner.user;
    const { status, body } = await auth.logsIn({ email, password: owner.password });
    expect([status, body.tenant.id]).toEqual([200, owner.tenant_id]);
    // Nor does it want resets of its own.
    await auth.stranger().does('requestPasswordReset', { body: { email } });
    const { sandbox_id } = await owner.does('getTenant', {});
    const type = 'auth.user.password_reset_requested.v1';
    expect(await auth.announced(String(sandbox_id), type)).toEqual([]);
    expect(await auth.announced(owner.tenant_id, type)).toHaveLength(1);
  });

  test('is one, also of ten that are opened at once, and the next time', async () => {
    const owner = await anOwner(auth);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.does('openSandbox', {})),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect((await owner.does('openSandbox', {})).id).toBe(answers[0]?.id);
    const rows = await auth.database.inspect('SELECT id FROM auth.users WHERE tenant_id = $1', [
      answers[0]?.id,
    ]);
    expect(rows).toHaveLength(1);
  });

  test('is made by the next one where a crash left but its id behind', async () => {
    const owner = await anOwner(auth);
    const [row] = await auth.database.inspect<{ sandbox_id: string }>(
      'UPDATE auth.tenants SET sandbox_id = uuidv7() WHERE tenant_id = $1 RETURNING sandbox_id',
      [owner.tenant_id],
    );
    const sandbox = await owner.does('openSandbox', {});
    expect(sandbox.id).toBe(row?.sandbox_id);
    const { email } = owner.user;
    const { subdomain } = sandbox;
    expect((await auth.logsIn({ email, password: owner.password, subdomain })).status).toBe(200);
  });

  test('shares no row with its business, and is opened by its owner alone', async () => {
    const owner = await anOwner(auth);
    await owner.does('createUser', { body: aColleague() });
    const sandbox = await owner.does('openSandbox', {});
    const inside = auth.actor(['owner'], sandbox.id);
    expect((await inside.does('listUsers', {})).data).toHaveLength(1);
    const params = { id: owner.user.id };
    expect((await inside.tries('getUser', { params })).status).toBe(404);
    const admin = await auth.actor(['admin'], owner.tenant_id).tries('openSandbox', {});
    expect([admin.status, admin.code]).toEqual([403, 'owner_needed']);
    const trail = await wordsIn(auth, sandbox.id, ['audit_log', 'outbox']);
    expect(trail).not.toContain('argon2');
  });
});

describe('the trail of auth', () => {
  test('tells who did what to whom, and no secret', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague();
    const { id } = await owner.does('createUser', { body: colleague });
    await owner.does('changeUser', { params: { id }, body: { roles: ['sales'] } });
    const { data } = await owner.does('listAudit', { query: { subject_id: id } });
    expect(data).toMatchObject([
      {
        action: 'changeUser',
        actor_id: owner.user.id,
        before: { roles: ['dispatcher'] },
        after: { roles: ['sales'] },
      },
      { action: 'createUser', after: { email: colleague.email } },
    ]);
    const trail = await wordsIn(auth, owner.tenant_id, ['audit_log', 'outbox']);
    for (const secret of [colleague.password, owner.password, owner.refresh_token, 'argon2']) {
      expect(trail).not.toContain(secret);
    }
  });
});
