import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AuthService, aBusiness, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

describe('logging in', () => {
  test('works with the right password, whatever the case of the e-mail', async () => {
    const business = aBusiness();
    await auth.stranger().does('signUp', { body: business });
    const email = business.email.toUpperCase();
    const { status, body } = await auth.logsIn({ email, password: business.password });
    expect([status, body.user.email]).toEqual([200, business.email]);
  });

  test('answers the same to a wrong password, e-mail or business', async () => {
    const business = aBusiness();
    await auth.stranger().does('signUp', { body: business });
    const { email, password } = business;
    const answers = await Promise.all([
      auth.logsIn({ email, password: 'wrong-password' }),
      auth.logsIn({ email: 'nobody@example.com', password }),
      auth.logsIn({ email, password, subdomain: 'no-such-business' }),
    ]);
    for (const { status, code } of answers) {
      expect([status, code]).toEqual([401, 'credentials_invalid']);
    }
  });

  test('is not hindered by strangers who sign up with the same e-mail', async () => {
    const ours = aBusiness();
    await auth.stranger().does('signUp', { body: ours });
    for (let stranger = 0; stranger < 6; stranger += 1) {
      const theirs = { ...aBusiness(), email: ours.email, password: 'a-strangers-own-one' };
      await auth.stranger().does('signUp', { body: theirs });
    }
    const { status, body } = await auth.logsIn({ email: ours.email, password: ours.password });
    expect([status, body.tenant.subdomain]).toEqual([200, ours.subdomain]);
  });

  test('asks for the business where the password opens several', async () => {
    const first = aBusiness();
    const second = { ...aBusiness(), email: first.email };
    await auth.stranger().does('signUp', { body: first });
    await auth.stranger().does('signUp', { body: second });
    const { email, password } = first;
    expect((await auth.logsIn({ email, password })).code).toBe('subdomain_needed');
    expect((await auth.logsIn({ email, password: 'wrong-password' })).code).toBe(
      'credentials_invalid',
    );
    const { body } = await auth.logsIn({ email, password, subdomain: second.subdomain });
    expect(body.tenant.subdomain).toBe(second.subdomain);
  });
});

describe('a refresh token', () => {
  test('gives new tokens, once', async () => {
    const { body } = await auth.signsUp();
    const second = await auth.refreshes(body.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(body.refresh_token);
    expect(second.body.tenant).toEqual(body.tenant);
  });

  test('works again for ten seconds, since its answer may have been lost', async () => {
    const { body } = await auth.signsUp();
    await auth.refreshes(body.refresh_token);
    const again = await auth.refreshes(body.refresh_token);
    expect(again.status).toBe(200);
  });

  test('that comes later a second time ends the whole session', async () => {
    const { body } = await auth.signsUp();
    const thief = await auth.refreshes(body.refresh_token);
    const before = auth.clock.now;
    auth.clock.now = before.add({ seconds: 11 });
    expect((await auth.refreshes(body.refresh_token)).code).toBe('refresh_token_invalid');
    expect((await auth.refreshes(thief.body.refresh_token)).code).toBe('refresh_token_invalid');
    auth.clock.now = before;
  });

  test('is worth nothing after thirty days, and neither is an invented one', async () => {
    const { body } = await auth.signsUp();
    const before = auth.clock.now;
    auth.clock.now = before.add({ hours: 30 * 24 });
    expect((await auth.refreshes(body.refresh_token)).status).toBe(401);
    auth.clock.now = before;
    expect((await auth.refreshes('invented')).status).toBe(401);
  });

  test('is kept as a hash, and so is the password', async () => {
    const business = aBusiness();
    const { refresh_token, tenant } = await auth.stranger().does('signUp', { body: business });
    const tables = ['tenants', 'users', 'sessions', 'refresh_tokens', 'outbox', 'audit_log'];
    for (const table of tables) {
      const rows = await auth.database.inspect(
        `SELECT to_jsonb(t)::text AS text FROM auth.${table} t WHERE tenant_id = $1`,
        [tenant.id],
      );
      const text = rows.map((row) => row.text).join();
      expect(text).not.toContain(refresh_token);
      expect(text).not.toContain(business.password);
    }
  });
});
