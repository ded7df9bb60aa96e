import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServedService, serve } from '@roundhouse/testing';
import jwt from 'jsonwebtoken';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { signingKey } from '../src/tokens.ts';

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const key = signingKey(pem.export({ type: 'pkcs8', format: 'pem' }) as string);

let auth: ServedService<typeof contract>;
let now = Temporal.Instant.from('2026-11-21T09:00:00Z');
beforeAll(async () => {
  auth = await serve({
    contract,
    now: () => now,
    createApp: (base) => createApp({ ...base, key }),
  });
});
afterAll(() => auth.stop());

let serial = 0;
const aBusiness = (changes: object = {}) => {
  serial += 1;
  return {
    business_name: 'Happy Paws Grooming',
    subdomain: `happypaws-${serial}`,
    email: `owner${serial}@happypaws.example`,
    password: 'securepass123',
    first_name: 'John',
    last_name: 'Doe',
    ...changes,
  };
};
const anybody = () => auth.stranger();
const signsUp = (changes: object = {}) =>
  anybody().tries('signUp', { body: aBusiness(changes) } as never);
const logsIn = (body: { email: string; password: string; subdomain?: string }) =>
  anybody().tries('logIn', { body });
const refreshes = (refresh_token: string) =>
  anybody().tries('refresh', { body: { refresh_token } });

describe('signing up', () => {
  test('opens a business with its owner, and tells the other services', async () => {
    const { status, body } = await signsUp({ time_zone: 'America/New_York' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      tenant: { name: 'Happy Paws Grooming', vertical: 'charter', currency: 'USD', version: 1 },
      user: { first_name: 'John', roles: ['owner'] },
      token_type: 'Bearer',
      expires_in: 900,
    });
    expect(await auth.announced(body.tenant.id)).toMatchObject([
      { type: 'auth.tenant.created.v1', data: { time_zone: 'America/New_York' } },
    ]);
  });

  test('gives a token that says who, where and for how long', async () => {
    const { body } = await signsUp();
    const token = jwt.verify(body.access_token, key.public, { complete: true });
    expect(token.header).toMatchObject({ alg: 'RS256', kid: key.kid, typ: 'at+jwt' });
    const { iat = 0, exp, nbf, ...claims } = token.payload as jwt.JwtPayload;
    expect(claims).toMatchObject({
      iss: 'roundhouse',
      aud: 'roundhouse-api',
      sub: body.user.id,
      tenant_id: body.tenant.id,
      roles: ['owner'],
    });
    expect([exp, nbf]).toEqual([iat + 900, iat - 60]);
  });

  test.each([
    ['subdomain_reserved', 422, { subdomain: 'www' }],
    ['password_too_common', 422, { password: 'qwertyuiop' }],
    ['invalid', 422, { password: 'short' }],
    ['invalid', 422, { subdomain: 'Not A Label' }],
    ['invalid', 422, { vertical: 'circus' }],
    ['invalid', 422, { currency: 'ZZZ' }],
    ['invalid', 422, { tenant_id: '019a6f5e-0000-7000-8000-000000000001' }],
  ])('is refused as %s', async (code, status, changes) => {
    const answer = await signsUp(changes);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test('of fifty businesses at once for one subdomain lets one in', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => signsUp({ subdomain: 'wanted' })),
    );
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    expect([count(201), count(409)]).toEqual([1, 49]);
  });
});

describe('logging in', () => {
  test('works with the right password, whatever the case of the e-mail', async () => {
    const business = aBusiness();
    await anybody().does('signUp', { body: business });
    const email = business.email.toUpperCase();
    const { status, body } = await logsIn({ email, password: business.password });
    expect([status, body.user.email]).toEqual([200, business.email]);
  });

  test('answers the same to a wrong password, e-mail or business', async () => {
    const business = aBusiness();
    await anybody().does('signUp', { body: business });
    const { email, password } = business;
    const answers = await Promise.all([
      logsIn({ email, password: 'wrong-password' }),
      logsIn({ email: 'nobody@example.com', password }),
      logsIn({ email, password, subdomain: 'no-such-business' }),
    ]);
    for (const { status, code } of answers) {
      expect([status, code]).toEqual([401, 'credentials_invalid']);
    }
  });

  test('is not hindered by strangers who sign up with the same e-mail', async () => {
    const ours = aBusiness();
    await anybody().does('signUp', { body: ours });
    for (let stranger = 0; stranger < 6; stranger += 1) {
      const theirs = { ...aBusiness(), email: ours.email, password: 'a-strangers-own-one' };
      await anybody().does('signUp', { body: theirs });
    }
    const { status, body } = await logsIn({ email: ours.email, password: ours.password });
    expect([status, body.tenant.subdomain]).toEqual([200, ours.subdomain]);
  });

  test('asks for the business where the password opens several', async () => {
    const first = aBusiness();
    const second = { ...aBusiness(), email: first.email };
    await anybody().does('signUp', { body: first });
    await anybody().does('signUp', { body: second });
    const { email, password } = first;
    expect((await logsIn({ email, password })).code).toBe('subdomain_needed');
    expect((await logsIn({ email, password: 'wrong-password' })).code).toBe('credentials_invalid');
    const { body } = await logsIn({ email, password, subdomain: second.subdomain });
    expect(body.tenant.subdomain).toBe(second.subdomain);
  });
});

describe('a refresh token', () => {
  test('gives new tokens, once', async () => {
    const { body } = await signsUp();
    const second = await refreshes(body.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(body.refresh_token);
    expect(second.body.tenant).toEqual(body.tenant);
  });

  test('works again for ten seconds, since its answer may have been lost', async () => {
    const { body } = await signsUp();
    await refreshes(body.refresh_token);
    const again = await refreshes(body.refresh_token);
    expect(again.status).toBe(200);
  });

  test('that comes later a second time ends the whole session', async () => {
    const { body } = await signsUp();
    const thief = await refreshes(body.refresh_token);
    const before = now;
    now = before.add({ seconds: 11 });
    expect((await refreshes(body.refresh_token)).code).toBe('refresh_token_invalid');
    expect((await refreshes(thief.body.refresh_token)).code).toBe('refresh_token_invalid');
    now = before;
  });

  test('is worth nothing after thirty days, and neither is an invented one', async () => {
    const { body } = await signsUp();
    const before = now;
    now = before.add({ hours: 30 * 24 });
    expect((await refreshes(body.refresh_token)).status).toBe(401);
    now = before;
    expect((await refreshes('invented')).status).toBe(401);
  });

  test('is kept as a hash, and so is the password', async () => {
    const business = aBusiness();
    const { refresh_token, tenant } = await anybody().does('signUp', { body: business });
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

describe('colleagues', () => {
  const aColleague = (changes: object = {}) => {
    serial += 1;
    const email = `colleague${serial}@happypaws.example`;
    return {
      email,
      password: 'another-long-one',
      first_name: 'Ann',
      last_name: 'Lee',
      roles: ['dispatcher' as const],
      ...changes,
    };
  };
  /** The owner of a business, whose token this test's own key has signed. */
  const anOwner = async () => {
    const { body } = await signsUp();
    return auth.actor(['owner'], body.tenant.id);
  };

  test('are added by the owner and can log in', async () => {
    const owner = await anOwner();
    const colleague = aColleague();
    const user = await owner.does('createUser', { body: colleague });
    expect(user).toMatchObject({ email: colleague.email, roles: ['dispatcher'] });
    const { email, password } = colleague;
    expect((await logsIn({ email, password })).body.user.id).toBe(user.id);
  });

  test('have an e-mail of their own', async () => {
    const owner = await anOwner();
    const colleague = aColleague();
    await owner.does('createUser', { body: colleague });
    expect((await owner.tries('createUser', { body: colleague })).code).toBe('email_taken');
  });

  test('are made owners by owners alone, and added by nobody without the right', async () => {
    const { tenant_id } = await anOwner();
    const admin = auth.actor(['admin'], tenant_id);
    const raised = await admin.tries('createUser', { body: aColleague({ roles: ['owner'] }) });
    expect([raised.status, raised.code]).toEqual([403, 'role_not_grantable']);
    const dispatcher = auth.actor(['dispatcher'], tenant_id);
    const added = await dispatcher.tries('createUser', { body: aColleague() });
    expect(added.code).toBe('permission_missing');
  });
});

describe('who am I', () => {
  test('tells the business, to whoever has a token of a known key', async () => {
    const { body } = await signsUp();
    const bearer = { headers: { authorization: `Bearer ${body.access_token}` } };
    // The test's services trust the test's key, so this token is not known to them.
    expect((await fetch(`${auth.base_url}/me`, bearer)).status).toBe(401);
    const owner = auth.actor(['owner'], body.tenant.id);
    expect(await owner.does('getTenant', {})).toEqual(body.tenant);
  });

  test('the public keys are those that tokens are signed with, and no private part', async () => {
    const { keys } = await anybody().does('getKeys', {});
    expect(keys).toMatchObject([{ kid: key.kid, alg: 'RS256', use: 'sig' }]);
    expect(Object.keys(keys[0] ?? {})).not.toContain('d');
  });
});
