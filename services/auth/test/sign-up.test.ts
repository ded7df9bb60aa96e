import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { type AuthService, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

describe('signing up', () => {
  test('opens a business with its owner, and tells the other services', async () => {
    const { status, body } = await auth.signsUp({ time_zone: 'America/New_York' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      tenant: { name: 'Happy Paws Grooming', vertical: 'charter', currency: 'USD', version: 1 },
      user: { first_name: 'John', roles: ['owner'] },
      token_type: 'Bearer',
      expires_in: 900,
    });
    expect(await auth.announced(body.tenant.id, 'auth.tenant.%')).toMatchObject([
      { type: 'auth.tenant.created.v1', data: { time_zone: 'America/New_York' } },
    ]);
  });

  test('gives a token that says who, where and for how long', async () => {
    const { body } = await auth.signsUp();
    const token = jwt.verify(body.access_token, auth.key.public, { complete: true });
    expect(token.header).toMatchObject({ alg: 'RS256', kid: auth.key.kid, typ: 'at+jwt' });
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
    const answer = await auth.signsUp(changes);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test('of fifty businesses at once for one subdomain lets one in', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => auth.signsUp({ subdomain: 'wanted' })),
    );
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    // A busy machine sends some away before their passwords are hashed.
    expect([count(201), count(409) + count(503)]).toEqual([1, 49]);
  });
});

describe('who am I', () => {
  test('tells the business, to whoever has a token of a known key', async () => {
    const { body } = await auth.signsUp();
    const bearer = { headers: { authorization: `Bearer ${body.access_token}` } };
    expect((await fetch(`${auth.base_url}/me`, bearer)).status).toBe(200);
    const owner = auth.actor(['owner'], body.tenant.id);
    expect(await owner.does('getTenant', {})).toMatchObject(body.tenant);
  });

  test('the public keys are those that tokens are signed with, and no private part', async () => {
    const { keys } = await auth.stranger().does('getKeys', {});
    expect(keys).toMatchObject([{ kid: auth.key.kid, alg: 'RS256', use: 'sig' }]);
    expect(Object.keys(keys[0] ?? {})).not.toContain('d');
  });
});
