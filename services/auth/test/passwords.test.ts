import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Origin } from '@roundhouse/database';
import { openSession } from '../src/sessions/issue.ts';
import { findAccount } from '../src/sessions/store.ts';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';
import { anOwner, linkOf, revoked, somebody, wordsIn } from './people.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const newer = 'a-newer-password';
const origin: Origin = { actor_kind: 'user', actor_id: null, request_id: 'test', address: null };
const asks = (email: string, subdomain?: string) =>
  auth.stranger().tries('requestPasswordReset', {
    body: { email, ...(subdomain === undefined ? {} : { subdomain }) },
  });
const looks = (params: { token: string }) => auth.stranger().tries('getPasswordReset', { params });
const resets = (params: { token: string }, password = newer) =>
  auth.stranger().tries('resetPassword', { params, body: { password } });
const resetsOf = (tenant_id: string) =>
  auth.announced(tenant_id, 'auth.user.password_reset_requested.v1');

/** An owner with a reset on its way. */
async function forgetful() {
  const owner = await anOwner(auth);
  await asks(owner.user.email);
  return { owner, link: await linkOf(auth, owner.tenant_id, 'reset') };
}

describe('changing the password', () => {
  test('keeps this session, with new tokens, and ends all others', async () => {
    const owner = await anOwner(auth);
    const { email } = owner.user;
    const { password } = owner;
    const elsewhere = (await auth.logsIn({ email, password })).body;
    const body = { current_password: password, password: newer };
    const changed = await owner.does('changePassword', { body });
    await revoked(owner);
    await revoked(somebody(auth, elsewhere));
    expect((await auth.refreshes(elsewhere.refresh_token)).status).toBe(401);
    expect((await auth.refreshes(owner.refresh_token)).status).toBe(401);
    expect((await somebody(auth, changed).tries('getMe', {})).status).toBe(200);
    expect((await auth.refreshes(changed.refresh_token)).status).toBe(200);
    expect((await auth.logsIn({ email, password })).code).toBe('credentials_invalid');
    expect((await auth.logsIn({ email, password: newer })).status).toBe(200);
  });

  test('needs the present one, and a new one that is not among the first tried', async () => {
    const owner = await anOwner(auth);
    const tries = (current_password: string, password: string) =>
      owner.tries('changePassword', { body: { current_password, password } });
    const wrong = await tries('not-the-password', newer);
    expect([wrong.status, wrong.code]).toEqual([422, 'password_wrong']);
    expect((await tries(owner.password, 'qwertyuiop')).code).toBe('password_too_common');
    expect((await tries(owner.password, 'short')).code).toBe('invalid');
    expect((await owner.tries('getMe', {})).status).toBe(200);
  });

  test('is one of two that come at once with the same present one', async () => {
    const owner = await anOwner(auth);
    const answers = await Promise.all(
      ['first-of-the-two', 'second-of-the-two'].map((password) =>
        owner.tries('changePassword', {
          body: { current_password: owner.password, password },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('leaves no session to a log-in that the former one had just opened', async () => {
    const owner = await anOwner(auth);
    const { tenant_id } = owner;
    const entered = auth.app.tenant(tenant_id, origin);
    const before = await entered.read((tx) => findAccount(tx, tenant_id, owner.user.id));
    const body = { current_password: owner.password, password: newer };
    await owner.does('changePassword', { body });
    const keys = { signing: () => auth.key, all: () => [auth.key] };
    const late = entered.transaction((tx) => openSession(tx, keys, before));
    await expect(late).rejects.toMatchObject({ code: 'credentials_invalid' });
  });

  test('is everybody’s, whatever his role', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague({ roles: ['client'] });
    await owner.does('createUser', { body: colleague });
    const { email, password } = colleague;
    const ann = somebody(auth, (await auth.logsIn({ email, password })).body);
    const body = { current_password: password, password: newer };
    expect((await ann.tries('changePassword', { body })).status).toBe(200);
  });
});

describe('a reset', () => {
  test('is asked for in the same words whether the e-mail is known or not', async () => {
    const owner = await anOwner(auth);
    const known = await asks(owner.user.email);
    const unknown = await asks('nobody-at-all@example.com');
    expect([known.status, unknown.status]).toEqual([202, 202]);
    expect(known.body).toEqual(unknown.body);
    expect(await resetsOf(owner.tenant_id)).toMatchObject([
      { subject: owner.user.id, data: { user_id: owner.user.id, generation: 1 } },
    ]);
  });

  test('sets a new password and ends all sessions', async () => {
    const { owner, link } = await forgetful();
    expect((await looks(link)).body).toEqual({ usable: true });
    const { status, body } = await resets(link);
    expect([status, body]).toEqual([200, { status: 'changed' }]);
    await revoked(owner);
    expect((await auth.refreshes(owner.refresh_token)).status).toBe(401);
    const { email } = owner.user;
    expect((await auth.logsIn({ email, password: owner.password })).status).toBe(401);
    expect((await auth.logsIn({ email, password: newer })).status).toBe(200);
  });

  test('looked at changes nothing', async () => {
    const { owner, link } = await forgetful();
    const tables = ['account_links', 'users', 'audit_log', 'outbox', 'sessions'];
    const before = await wordsIn(auth, owner.tenant_id, tables);
    await looks(link);
    expect(await wordsIn(auth, owner.tenant_id, tables)).toBe(before);
  });

  test('works once, also of five at once', async () => {
    const { link } = await forgetful();
    const answers = await Promise.all(Array.from({ length: 5 }, () => resets(link)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await looks(link)).body).toEqual({ usable: false });
    const again = await resets(link);
    expect([again.status, again.code]).toEqual([409, 'link_not_usable']);
  });

  test('is worth nothing after fifteen minutes', async () => {
    const { link } = await forgetful();
    const before = auth.clock.now;
    auth.clock.now = before.add({ minutes: 15 });
    expect((await looks(link)).body).toEqual({ usable: false });
    expect((await resets(link)).code).toBe('link_not_usable');
    auth.clock.now = before;
  });

  test('asked for again revokes the one before', async () => {
    const { owner, link } = await forgetful();
    await asks(owner.user.email);
    expect((await looks(link)).body).toEqual({ usable: false });
    expect((await resets(link)).code).toBe('link_not_usable');
    expect((await resets(await linkOf(auth, owner.tenant_id, 'reset'))).status).toBe(200);
  });

  test('takes no password that everybody tries first, and stays usable', async () => {
    const { link } = await forgetful();
    expect((await resets(link, 'qwertyuiop')).code).toBe('password_too_common');
    expect((await looks(link)).body).toEqual({ usable: true });
  });

  test('is for nobody who was deactivated, before or after he asked', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague();
    const { id } = await owner.does('createUser', { body: colleague });
    await asks(colleague.email);
    const link = await linkOf(auth, owner.tenant_id, 'reset');
    await owner.does('deactivateUser', { params: { id } });
    expect((await looks(link)).body).toEqual({ usable: false });
    expect((await resets(link)).code).toBe('link_not_usable');
    const asked = (await resetsOf(owner.tenant_id)).length;
    expect((await asks(colleague.email)).status).toBe(202);
    expect(await resetsOf(owner.tenant_id)).toHaveLength(asked);
  });

  test('is for each business of the e-mail, or for the one that is named', async () => {
    const first = await anOwner(auth);
    const second = await anOwner(auth, { email: first.user.email });
    const count = async () =>
      Promise.all([first, second].map(async (one) => (await resetsOf(one.tenant_id)).length));
    await asks(first.user.email);
    expect(await count()).toEqual([1, 1]);
    await asks(first.user.email, second.tenant.subdomain);
    expect(await count()).toEqual([1, 2]);
  });

  test('is asked for only so often', async () => {
    const { user } = await anOwner(auth);
    const answers = [];
    for (let turn = 0; turn < 4; turn += 1) answers.push(await asks(user.email));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429]);
    expect(answers[3]?.code).toBe('too_many_attempts');
    const unknown = [];
    for (let turn = 0; turn < 4; turn += 1) unknown.push(await asks('nobody@nowhere.example'));
    expect(unknown.map(({ status }) => status)).toEqual([202, 202, 202, 429]);
  });

  test('leaves neither link nor password in event, trail or row', async () => {
    const { owner, link } = await forgetful();
    await resets(link);
    const tables = ['outbox', 'audit_log', 'idempotency_keys', 'account_links', 'users'];
    const words = await wordsIn(auth, owner.tenant_id, tables);
    expect(words).toContain('resetPassword');
    for (const secret of [link.token, newer, owner.password]) expect(words).not.toContain(secret);
    const trail = await wordsIn(auth, owner.tenant_id, ['audit_log', 'outbox']);
    expect(trail).not.toContain('argon2');
  });
});

describe('an e-mail', () => {
  const verifies = (params: { token: string }) => auth.stranger().tries('verifyEmail', { params });

  test('is verified by the link that the sign-up asks for, and nothing waits for it', async () => {
    const owner = await anOwner(auth);
    expect(owner.user.email_verified_at).toBeNull();
    const link = await linkOf(auth, owner.tenant_id, 'verification');
    const look = await auth.stranger().does('getVerification', { params: link });
    expect(look).toEqual({ usable: true });
    expect((await owner.does('getMe', {})).email_verified_at).toBeNull();
    expect((await verifies(link)).body).toEqual({ status: 'verified' });
    expect((await owner.does('getMe', {})).email_verified_at).toBe(auth.clock.now.toString());
    expect((await verifies(link)).code).toBe('link_not_usable');
  });

  test('gets another link when asked for, which revokes the one before', async () => {
    const owner = await anOwner(auth);
    const first = await linkOf(auth, owner.tenant_id, 'verification');
    await owner.does('requestVerification', {});
    expect((await verifies(first)).code).toBe('link_not_usable');
    const second = await linkOf(auth, owner.tenant_id, 'verification');
    expect((await verifies(second)).status).toBe(200);
  });

  test('that is verified finds its business, whoever else signed up with it', async () => {
    const email = 'crowded@riverside.example';
    for (let stranger = 0; stranger < 5; stranger += 1) {
      await anOwner(auth, { email, password: 'what a stranger chose' });
    }
    const owner = await anOwner(auth, { email });
    const logsIn = () =>
      auth.stranger().tries('logIn', { body: { email, password: owner.password } });
    expect((await logsIn()).code).toBe('credentials_invalid');
    await verifies(await linkOf(auth, owner.tenant_id, 'verification'));
    expect((await logsIn()).body.tenant.id).toBe(owner.tenant_id);
  });

  test('becomes another one once that is verified, and ends resets at the former', async () => {
    const { owner, link: reset } = await forgetful();
    const email = `new-${owner.user.email}`;
    const body = { email: email.toUpperCase(), current_password: owner.password };
    await owner.does('requestEmailChange', { body });
    expect((await owner.does('getMe', {})).email).toBe(owner.user.email);
    const link = await linkOf(auth, owner.tenant_id, 'verification');
    expect((await verifies(link)).status).toBe(200);
    expect((await owner.does('getMe', {})).email).toBe(email);
    expect((await auth.logsIn({ email, password: owner.password })).status).toBe(200);
    expect((await looks(reset)).body).toEqual({ usable: false });
  });

  test('becomes none that a colleague has, or that is asked for without the password', async () => {
    const owner = await anOwner(auth);
    const colleague = aColleague();
    await owner.does('createUser', { body: colleague });
    const { email } = colleague;
    const wrong = { email, current_password: 'not-the-password' };
    expect((await owner.tries('requestEmailChange', { body: wrong })).code).toBe('password_wrong');
    const body = { email, current_password: owner.password };
    await owner.does('requestEmailChange', { body });
    const taken = await verifies(await linkOf(auth, owner.tenant_id, 'verification'));
    expect([taken.status, taken.code]).toEqual([409, 'email_taken']);
    expect((await owner.does('getMe', {})).email).toBe(owner.user.email);
  });
});
