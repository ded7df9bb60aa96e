import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { aSignedUp, ask, asksToken, bearer, passes } from './actors.ts';
import { type AuthService, anAuthService } from './an-auth-service.ts';

let auth: AuthService;
beforeAll(async () => {
  auth = await anAuthService();
});
afterAll(() => auth.stop());

const password = (email: string, text: string) => ({
  grant_type: 'password',
  username: email,
  password: text,
});

describe('the token endpoint', () => {
  test('gives tokens for a password, as RFC 6749 5.1 has them', async () => {
    const { email, password: text } = await aSignedUp(auth);
    const { status, body, headers } = await asksToken(auth, password(email, text));
    expect([status, Object.keys(body).sort()]).toEqual([
      200,
      ['access_token', 'expires_in', 'refresh_token', 'token_type'],
    ]);
    expect([body.token_type, body.expires_in]).toEqual(['Bearer', 900]);
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect((await ask(auth, '/me', bearer(body.access_token, { method: 'GET' }))).status).toBe(200);
  });

  test('gives new ones for a refresh token, which is used up', async () => {
    const { refresh_token } = await aSignedUp(auth);
    const first = await asksToken(auth, { grant_type: 'refresh_token', refresh_token });
    expect([first.status, typeof first.body.access_token]).toEqual([200, 'string']);
    expect(first.body.refresh_token).not.toBe(refresh_token);
    passes(auth, 11);
    const stolen = await asksToken(auth, { grant_type: 'refresh_token', refresh_token });
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
  });

  test('wants to know the business where the password opens several', async () => {
    const ours = await aSignedUp(auth);
    await ask(auth, '/signup', { body: { ...ours.sent, subdomain: `${ours.subdomain}-two` } });
    const given = password(ours.email, ours.password);
    expect((await asksToken(auth, given)).body.error).toBe('invalid_request');
    const { body } = await asksToken(auth, { ...given, subdomain: ours.subdomain });
    expect(jwt.decode(body.access_token)).toMatchObject({ tenant_id: ours.tenant.id });
  });

  test.each([
    ['unsupported_grant_type', 400, 'grant_type=implicit'],
    ['invalid_request', 400, ''],
    ['invalid_request', 400, 'username=a&password=b'],
    ['invalid_request', 400, 'grant_type=password&username=a'],
    ['invalid_request', 400, 'grant_type=refresh_token'],
    ['invalid_request', 400, 'grant_type=refresh_token&grant_type=password'],
    ['invalid_request', 400, `grant_type=password&username=a&password=${'b'.repeat(129)}`],
    ['invalid_grant', 400, 'grant_type=password&username=nobody%40no.example&password=b'],
    ['invalid_grant', 400, 'grant_type=password&username=no-e-mail&password=b'],
    ['invalid_grant', 400, 'grant_type=password&username=a&password=b&subdomain=NO+LABEL'],
    ['invalid_grant', 400, 'grant_type=refresh_token&refresh_token=invented'],
    ['invalid_client', 401, 'grant_type=client_credentials'],
  ])('refuses with %s (%i): %s', async (error, status, form) => {
    const answer = await asksToken(auth, form);
    expect([answer.body.error, answer.status]).toEqual([error, status]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('www-authenticate')).toBe(
      status === 401 ? 'Basic realm="roundhouse"' : null,
    );
  });

  test('takes a form alone, and nothing by GET', async () => {
    const json = await ask(auth, '/token', { body: { grant_type: 'password' } });
    expect([json.status, json.body.error]).toEqual([400, 'invalid_request']);
    expect((await ask(auth, '/token?grant_type=password', { method: 'GET' })).status).toBe(405);
  });
});
