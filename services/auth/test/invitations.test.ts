import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sealLink } from '@roundhouse/service/links';
import { type AuthService, aColleague, anAuthService, linkKeys } from './an-auth-service.ts';
import { anOwner, grantUsers, linkOf, somebody, wordsIn } from './people.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

let serial = 0;
const anInvitation = (changes: object = {}) => {
  serial += 1;
  return { email: `Ann${serial}@Example.com`, roles: ['dispatcher' as const], ...changes };
};
const names = { first_name: 'Ann', last_name: 'Lee', password: 'a-password-of-her-own' };
const opens = (params: { token: string }) =>
  auth.stranger().tries('getPublicInvitation', { params });
const accepts = (params: { token: string }, changes: object = {}) =>
  auth.stranger().tries('acceptInvitation', { params, body: { ...names, ...changes } });

/** An owner who has invited somebody, with the link that the event asks for. */
async function anInvited(changes: object = {}) {
  const owner = await anOwner(auth);
  const invitation = await owner.does('createInvitation', { body: anInvitation(changes) });
  const link = await linkOf(auth, owner.tenant_id, 'invitation');
  return { owner, invitation, link, params: { id: invitation.id } };
}

async function later<T>(hours: number, work: () => Promise<T>): Promise<T> {
  const before = auth.clock.now;
  auth.clock.now = before.add({ hours });
  return work().finally(() => {
    auth.clock.now = before;
  });
}

describe('an invitation', () => {
  test('is accepted by its link: a user with its e-mail and roles, who is logged in', async () => {
    const { owner, invitation, link } = await anInvited();
    const { email, roles } = invitation;
    expect((await opens(link)).body).toEqual({
      business_name: 'Happy Paws Grooming',
      brand: { name: null, color: null, text_color: null, logo_url: null },
      email,
      roles,
      status: 'open',
    });
    const { status, body } = await accepts(link);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: { email, roles, first_name: 'Ann', email_verified_at: auth.clock.now.toString() },
      tenant: { id: owner.tenant_id },
    });
    expect((await somebody(auth, body).does('getMe', {})).id).toBe(body.user.id);
    expect((await auth.logsIn({ email, password: names.password })).status).toBe(200);
    const { data } = await owner.does('listInvitations', { query: { status: 'accepted' } });
    expect(data).toMatchObject([{ id: invitation.id, status: 'accepted' }]);
  });

  test('opened changes nothing', async () => {
    const { owner, link } = await anInvited();
    const tables = ['invitations', 'users', 'audit_log', 'outbox', 'sessions'];
    const before = await wordsIn(auth, owner.tenant_id, tables);
    await opens(link);
    await opens(link);
    expect(await wordsIn(auth, owner.tenant_id, tables)).toBe(before);
  });

  test('is bound to its e-mail: the body can name no other, and no other role', async () => {
    const { link } = await anInvited();
    for (const foreign of [{ email: 'eve@example.com' }, { roles: ['owner'] }]) {
      expect((await accepts(link, foreign)).code).toBe('invalid');
    }
  });

  test('is refused the second time', async () => {
    const { link } = await anInvited();
    await accepts(link);
    const again = await accepts(link);
    expect([again.status, again.code]).toEqual([409, 'invitation_accepted']);
  });

  test('of twenty acceptances at once makes one user', async () => {
    const { owner, link } = await anInvited();
    const answers = await Promise.all(Array.from({ length: 20 }, () => accepts(link)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200).map(({ code }) => code);
    // A hash queue that is full says so; whoever came through finds it accepted.
    expect(refused.every((code) => ['invitation_accepted', 'busy'].includes(code ?? ''))).toBe(
      true,
    );
    expect((await owner.does('listUsers', {})).data).toHaveLength(2);
  });

  test('is refused once it was taken back, and taking back twice is once', async () => {
    const { owner, link, params } = await anInvited();
    const revoked = await owner.does('revokeInvitation', { params }, { if_match: 1 });
    expect(revoked).toMatchObject({ status: 'revoked', version: 2 });
    expect((await owner.does('revokeInvitation', { params })).version).toBe(2);
    const answer = await accepts(link);
    expect([answer.status, answer.code]).toEqual([409, 'invitation_revoked']);
    const resent = await owner.tries('resendInvitation', { params });
    expect([resent.status, resent.code]).toEqual([409, 'invitation_revoked']);
  });

  test('sent again has a new link, and the one before is nothing', async () => {
    const { owner, link, params } = await anInvited();
    await owner.does('resendInvitation', { params }, { if_match: 1 });
    expect((await opens(link)).status).toBe(404);
    expect((await accepts(link)).status).toBe(404);
    const newer = await linkOf(auth, owner.tenant_id, 'invitation');
    expect((await accepts(newer)).status).toBe(200);
    const resent = await owner.tries('resendInvitation', { params });
    expect([resent.status, resent.code]).toEqual([409, 'invitation_accepted']);
    const revoked = await owner.tries('revokeInvitation', { params });
    expect([revoked.status, revoked.code]).toEqual([409, 'invitation_accepted']);
  });

  test('is good for seven days, and can then be sent again', async () => {
    const { owner, link, params } = await anInvited();
    await later(7 * 24, async () => {
      const answer = await accepts(link);
      expect([answer.status, answer.code]).toEqual([409, 'invitation_expired']);
      expect((await opens(link)).body.status).toBe('expired');
      const query = { status: 'expired' };
      expect((await owner.does('listInvitations', { query })).data).toHaveLength(1);
      await owner.does('resendInvitation', { params });
      const newer = await linkOf(auth, owner.tenant_id, 'invitation');
      expect((await accepts(newer)).status).toBe(200);
    });
  });

  test('is refused when its e-mail has become a user meanwhile', async () => {
    const { owner, invitation, link } = await anInvited();
    await owner.does('createUser', { body: aColleague({ email: invitation.email }) });
    const answer = await accepts(link);
    expect([answer.status, answer.code]).toEqual([409, 'email_taken']);
    const body = anInvitation({ email: invitation.email });
    expect((await owner.tries('createInvitation', { body })).code).toBe('email_taken');
  });

  test('is one for an e-mail at a time, also of ten at once', async () => {
    const owner = await anOwner(auth);
    const body = anInvitation();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.tries('createInvitation', { body })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'invitation_open')).toHaveLength(9);
  });

  test('gives no more than its sender may, and nobody without the right sends one', async () => {
    const { tenant_id } = await anOwner(auth);
    const admin = auth.actor(['admin'], tenant_id);
    const body = anInvitation({ roles: ['owner'] });
    expect((await admin.tries('createInvitation', { body })).code).toBe('role_not_grantable');
    const manager = auth.actor(['manager'], tenant_id);
    const refused = await manager.tries('createInvitation', { body: anInvitation() });
    expect(refused.code).toBe('permission_missing');
  });

  test('needs room in the plan when it is sent and when it is accepted', async () => {
    const { owner, link } = await anInvited();
    await grantUsers(auth, owner.tenant_id, 1);
    const answer = await accepts(link);
    expect([answer.status, answer.code]).toEqual([409, 'plan_limit_reached']);
    const another = await owner.tries('createInvitation', { body: anInvitation() });
    expect(another.code).toBe('plan_limit_reached');
    await grantUsers(auth, owner.tenant_id, 2);
    expect((await accepts(link)).status).toBe(200);
  });

  test('has a link that nobody can make up, and that opens nothing of another kind', async () => {
    const { owner, invitation, link } = await anInvited();
    const of = { tenant_id: owner.tenant_id, id: invitation.id, generation: 1 };
    const forged = [
      sealLink('another key of invitations', 'invitation', of),
      sealLink(linkKeys.reset, 'reset', of),
      link.token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    ];
    for (const token of forged) {
      expect((await opens({ token })).status).toBe(404);
      expect((await accepts({ token })).status).toBe(404);
    }
  });

  test('leaves its link in no event, no trail and no stored answer', async () => {
    const owner = await anOwner(auth);
    const body = anInvitation();
    await owner.does('createInvitation', { body }, { idempotency_key: 'one' });
    const { token } = await linkOf(auth, owner.tenant_id, 'invitation');
    await accepts({ token });
    const tables = ['outbox', 'audit_log', 'idempotency_keys', 'invitations', 'users'];
    const words = await wordsIn(auth, owner.tenant_id, tables);
    expect(words).toContain(body.email.toLowerCase());
    expect(words).not.toContain(token);
    expect(words).not.toContain(names.password);
  });

  test('is nothing to another business', async () => {
    const { params } = await anInvited();
    const rival = await anOwner(auth);
    for (const name of ['getInvitation', 'resendInvitation', 'revokeInvitation'] as const) {
      expect((await rival.tries(name, { params })).status).toBe(404);
    }
    expect((await rival.does('listInvitations', {})).data).toEqual([]);
  });
});
