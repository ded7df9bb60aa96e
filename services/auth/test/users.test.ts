import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AuthService, aColleague, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

describe('colleagues', () => {
  test('are added by the owner and can log in', async () => {
    const owner = await auth.anOwner();
    const colleague = aColleague();
    const user = await owner.does('createUser', { body: colleague });
    expect(user).toMatchObject({ email: colleague.email, roles: ['dispatcher'] });
    const { email, password } = colleague;
    expect((await auth.logsIn({ email, password })).body.user.id).toBe(user.id);
  });

  test('have an e-mail of their own', async () => {
    const owner = await auth.anOwner();
    const colleague = aColleague();
    await owner.does('createUser', { body: colleague });
    expect((await owner.tries('createUser', { body: colleague })).code).toBe('email_taken');
  });

  test('are made owners by owners alone, and added by nobody without the right', async () => {
    const { tenant_id } = await auth.anOwner();
    const admin = auth.actor(['admin'], tenant_id);
    const raised = await admin.tries('createUser', { body: aColleague({ roles: ['owner'] }) });
    expect([raised.status, raised.code]).toEqual([403, 'role_not_grantable']);
    const dispatcher = auth.actor(['dispatcher'], tenant_id);
    const added = await dispatcher.tries('createUser', { body: aColleague() });
    expect(added.code).toBe('permission_missing');
  });
});
