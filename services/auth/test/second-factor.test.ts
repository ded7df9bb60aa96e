import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  aSignedUp,
  ask,
  asksToken,
  bearer,
  codeAt,
  enrolls,
  passes,
  type SignedUp,
} from './actors.ts';
import { type AuthService, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

let serial = 0;
const anAddress = () => {
  serial += 1;
  return `203.0.113.${serial}`;
};

/** Somebody whose authenticator is asked for; its next code is a new one. */
async function aCareful() {
  const owner = await aSignedUp(auth);
  const factor = await enrolls(auth, owner);
  passes(auth, 60);
  return { ...owner, ...factor };
}
const logsIn = ({ email, password }: SignedUp, from?: string) =>
  ask(auth, '/login', { body: { email, password }, ...(from ? { from } : {}) });
const shows = (mfa_token: string, code: string, from?: string) =>
  ask(auth, '/login/second-factor', { body: { mfa_token, code }, ...(from ? { from } : {}) });
const state = async ({ token }: SignedUp) =>
  (await ask(auth, '/me/second-factor', bearer(token, { method: 'GET' }))).body;
const tries = ({ token }: SignedUp, path: string, body: object) =>
  ask(auth, `/me/second-factor/${path}`, bearer(token, { body }));

describe('enrolling an authenticator', () => {
  test('takes the password, and changes nothing until a code was right', async () => {
    const owner = await aSignedUp(auth);
    expect((await tries(owner, 'enroll', { current_password: 'wrong' })).code).toBe(
      'password_wrong',
    );
    const { body, headers, status } = await tries(owner, 'enroll', {
      current_password: owner.password,
    });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body.uri).toContain(`secret=${body.secret}`);
    expect((await logsIn(owner)).status).toBe(200);
    expect((await tries(owner, 'confirm', { code: '000000' })).code).toBe('code_invalid');
    const confirmed = await tries(owner, 'confirm', { code: codeAt(auth, body.secret) });
    expect(new Set(confirmed.body.recovery_codes).size).toBe(10);
    expect(await state(owner)).toMatchObject({ recovery_codes_left: 10 });
    expect((await logsIn(owner)).code).toBe('mfa_required');
    expect((await tries(owner, 'enroll', { current_password: owner.password })).code).toBe(
      'second_factor_active',
    );
  });

  test('keeps the secret and the recovery codes so that nobody reads them', async () => {
    const { secret, codes, tenant } = await aCareful();
    for (const table of ['second_factors', 'recovery_codes', 'audit_log', 'outbox']) {
      const rows = await auth.database.inspect(
        `SELECT to_jsonb(t)::text AS text FROM auth.${table} t WHERE tenant_id = $1`,
        [tenant.id],
      );
      const text = rows.map((row) => row.text).join();
      for (const hidden of [secret, ...codes]) {
        expect(text).not.toContain(hidden);
        expect(text).not.toContain(Buffer.from(hidden).toString('hex'));
      }
    }
  });
});

describe('logging in with a second factor', () => {
  test('goes on with a code, and the session knows of it', async () => {
    const owner = await aCareful();
    const asked = await logsIn(owner);
    expect([asked.status, asked.code, asked.body.expires_in]).toEqual([401, 'mfa_required', 300]);
    expect(asked.headers.get('cache-control')).toBe('no-store');
    const { status, body } = await shows(asked.body.mfa_token, codeAt(auth, owner.secret));
    expect([status, body.user.id]).toEqual([200, owner.user.id]);
    const sessions = await ask(auth, '/sessions', bearer(body.access_token, { method: 'GET' }));
    expect(sessions.body.data[0]).toMatchObject({
      current: true,
      second_factor_at: auth.clock.now.toString(),
    });
  });

  test('takes each code and each question once, also at the same moment', async () => {
    const owner = await aCareful();
    const [first, second] = [await logsIn(owner), await logsIn(owner)];
    const code = codeAt(auth, owner.secret);
    const answers = await Promise.all(
      [first, second, first, second].map(({ body }) => shows(body.mfa_token, code)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const later = codeAt(auth, owner.secret, 1);
    const [open, used] =
      (answers[0]?.status ?? 0) === 200 || (answers[2]?.status ?? 0) === 200
        ? [second, first]
        : [first, second];
    expect((await shows(used.body.mfa_token, later)).code).toBe('mfa_token_invalid');
    expect((await shows(open.body.mfa_token, later)).status).toBe(200);
  });

  test('waits five minutes for the code, and takes no question of its own making', async () => {
    const owner = await aCareful();
    const { body } = await logsIn(owner);
    passes(auth, 300);
    const code = codeAt(auth, owner.secret);
    expect((await shows(body.mfa_token, code)).code).toBe('mfa_token_invalid');
    expect((await shows('A'.repeat(70), code)).code).toBe('mfa_token_invalid');
  });

  test('of fifty guesses at once checks five', async () => {
    const owner = await aCareful();
    const { body } = await logsIn(owner);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        shows(body.mfa_token, String(100_000 + index), anAddress()),
      ),
    );
    const count = (code: string) => answers.filter((answer) => answer.code === code).length;
    expect([count('code_invalid'), count('too_many_attempts')]).toEqual([5, 45]);
  });

  test('takes a recovery code once in the place of a code', async () => {
    const owner = await aCareful();
    const [code = ''] = owner.codes;
    const typed = code.toLowerCase().replaceAll('-', ' ');
    const first = await logsIn(owner);
    expect((await shows(first.body.mfa_token, typed)).status).toBe(200);
    const second = await logsIn(owner);
    expect((await shows(second.body.mfa_token, typed)).code).toBe('code_invalid');
    expect(await state(owner)).toMatchObject({ recovery_codes_left: 9 });
  });

  test('is asked for by the password grant as well', async () => {
    const owner = await aCareful();
    const fields = { grant_type: 'password', username: owner.email, password: owner.password };
    const { status, body } = await asksToken(auth, fields);
    expect([status, body.error]).toEqual([400, 'mfa_required']);
    expect((await shows(body.mfa_token, codeAt(auth, owner.secret))).status).toBe(200);
  });

  test('is of one user alone', async () => {
    const [owner, other] = [await aCareful(), await aCareful()];
    const { body } = await logsIn(owner);
    const [code = ''] = other.codes;
    expect((await shows(body.mfa_token, codeAt(auth, other.secret))).code).toBe('code_invalid');
    expect((await shows(body.mfa_token, code)).code).toBe('code_invalid');
  });
});

describe('a second factor', () => {
  test('gives new recovery codes for password and code; the old ones are void', async () => {
    const owner = await aCareful();
    const [old = ''] = owner.codes;
    const { password: current_password } = owner;
    const code = codeAt(auth, owner.secret);
    const drawn = await tries(owner, 'recovery-codes', { current_password, code });
    expect(drawn.body.recovery_codes).toHaveLength(10);
    const again = await tries(owner, 'disable', { current_password, code });
    expect(again.code).toBe('code_invalid');
    expect((await tries(owner, 'disable', { current_password, code: old })).code).toBe(
      'code_invalid',
    );
  });

  test('is disabled by password and code, and by neither alone', async () => {
    const owner = await aCareful();
    const { password: current_password, secret } = owner;
    const code = codeAt(auth, secret);
    expect((await tries(owner, 'disable', { current_password: 'wrong', code })).code).toBe(
      'password_wrong',
    );
    expect((await tries(owner, 'disable', { current_password, code: '000000' })).code).toBe(
      'code_invalid',
    );
    expect((await tries(owner, 'disable', { current_password, code })).status).toBe(200);
    expect((await logsIn(owner)).status).toBe(200);
    expect((await tries(owner, 'disable', { current_password, code })).status).toBe(404);
  });
});
