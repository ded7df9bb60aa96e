import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AuthService, anAuthService, linkKeys } from './an-auth-service.ts';
import { anOwner, linkOf } from './people.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
  // The commands ask the machine for the time, as nobody else does.
  auth.clock.now = Temporal.Now.instant().round('microsecond');
});
afterAll(() => auth.stop());

interface Said {
  code: number;
  out: string;
  err: string;
}

function runs(command: 'link' | 'tenant', args: string[], changes: Record<string, string> = {}) {
  const file = join(import.meta.dirname, `../src/operator/${command}.ts`);
  const env = {
    ROUNDHOUSE_MODE: 'embedded',
    DATABASE_URL: auth.database.url('auth_app'),
    PUBLIC_URL: 'http://localhost:8080/api/v1',
    INVITATION_LINK_KEY: linkKeys.invitation,
    RESET_LINK_KEY: linkKeys.reset,
    VERIFICATION_LINK_KEY: linkKeys.verification,
    ...changes,
  };
  return new Promise<Said>((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe('scripts/link', () => {
  test('prints the newest link of an e-mail, by whatever case it is asked for', async () => {
    const owner = await anOwner(auth);
    const { email } = owner.user;
    const { token } = await linkOf(auth, owner.tenant_id, 'verification');
    const url = `http://localhost:8080/api/v1/auth/public/verifications/${token}\n`;
    expect(await runs('link', ['verification', email.toUpperCase()])).toEqual({
      code: 0,
      out: url,
      err: '',
    });
    const { subdomain } = owner.tenant;
    expect((await runs('link', ['verification', email, subdomain])).out).toBe(url);
  });

  test('finds an invitation, whose e-mail is nobody’s yet', async () => {
    const owner = await anOwner(auth);
    const body = { email: 'new@example.com', roles: ['staff' as const] };
    await owner.does('createInvitation', { body });
    const { token } = await linkOf(auth, owner.tenant_id, 'invitation');
    expect((await runs('link', ['invitation', body.email])).out).toContain(token);
  });

  test('says that there is none, and how it is called', async () => {
    const { user } = await anOwner(auth);
    const none = await runs('link', ['reset', user.email]);
    expect([none.code, none.out, none.err]).toEqual([
      1,
      '',
      `There is no open reset for ${user.email}.\n`,
    ]);
    expect((await runs('link', ['password', user.email])).code).toBe(2);
  });

  test('prints nothing outside the embedded mode', async () => {
    const { user } = await anOwner(auth);
    const refused = await runs('link', ['verification', user.email], {
      ROUNDHOUSE_MODE: 'production',
    });
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('in the embedded mode alone');
  });
});

describe('scripts/tenant', () => {
  test('suspends and restores by the subdomain, also outside the embedded mode', async () => {
    const { tenant, tenant_id } = await anOwner(auth);
    const production = { ROUNDHOUSE_MODE: 'production' };
    const args = [tenant.subdomain, '--reason', 'unpaid'];
    expect((await runs('tenant', ['suspend', ...args], production)).out).toBe(
      `${tenant.subdomain}: suspended\n`,
    );
    expect(await auth.announced(tenant_id, 'auth.tenant.standing_changed.v1')).toMatchObject([
      { data: { suspended: true } },
    ]);
    expect((await runs('tenant', ['restore', tenant.subdomain])).out).toContain('restored');
  });

  test.each([
    ['an unknown business', ['suspend', 'nobody-here'], 1],
    ['an unknown plan', ['plan', 'demo', 'golden'], 2],
    ['no business', ['suspend'], 2],
    ['a limit that is none', ['plan', 'demo', 'standard', '--users', '0'], 2],
    ['an unknown option', ['plan', 'demo', 'standard', '--seats', '5'], 2],
  ])('refuses %s', async (_, args, code) => {
    expect((await runs('tenant', args)).code).toBe(code);
  });
});
