import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKeys, createToken } from '../conformance/tokens.ts';
import { Cleanup, oneService, startGateway, startService } from './support.ts';

const keys = createKeys();
const cleanup = new Cleanup();
let now = 1_800_000_000;
let gateway = 0;
let asked = 0;

const BASE = { alg: 'RS256', typ: 'JWT', kid: 'kid-a' };
const claims = (more: object = {}) => ({ sub: 'u', exp: now + 900, nbf: now - 60, ...more });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const good = () => createToken(keys, { claims: claims() });
const signature = () => good().split('.')[2];
const forged = (header: object) => `${encode({ ...BASE, ...header })}.${encode(claims())}`;

function hmac(header: object): string {
  const text = forged(header);
  return `${text}.${createHmac('sha256', keys.a.publicKey).update(text).digest('base64url')}`;
}

async function ask(token: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}` };
  return fetch(`http://127.0.0.1:${gateway}/s/x`, { headers });
}

beforeAll(async () => {
  const service = await startService(cleanup, (request, response) => {
    asked++;
    response.end(JSON.stringify(request.headers));
  });
  const rsa_public_key = keys.a.publicKey;
  const config = oneService(
    {
      plugins: [
        { name: 'jwt', config: { key_claim_name: 'kid', claims_to_verify: ['exp', 'nbf'] } },
      ],
    },
    {
      consumers: [
        { username: 'edge', jwt_secrets: [{ key: 'kid-a', algorithm: 'RS256', rsa_public_key }] },
      ],
    },
  );
  gateway = await startGateway(cleanup, service, { config, clock: () => now * 1000 });
});

afterAll(() => cleanup.run());

const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = own.publicKey.export({ format: 'jwk' });
const ownKey = { publicKey: '', privateKey: own.privateKey };

test.each([
  ['alg none', () => `${forged({ alg: 'none' })}.`],
  ['alg None', () => `${forged({ alg: 'None' })}.`],
  ['alg nOnE', () => `${forged({ alg: 'nOnE' })}.${signature()}`],
  ['HS256 with the public key as its secret', () => hmac({ alg: 'HS256' })],
  ['an empty signature', () => `${good().split('.').slice(0, 2).join('.')}.`],
  ['the signature of another token', () => `${forged({ x: 1 })}.${signature()}`],
  ['another key', () => createToken(keys, { claims: claims(), key: keys.b })],
  ['a kid that is a path', () => createToken(keys, kid('../../dev/null'))],
  ['a kid that is SQL', () => createToken(keys, kid("' UNION SELECT 'x"))],
  ['a kid that is an address', () => createToken(keys, kid('http://127.0.0.1/jwks.json'))],
  ['an embedded key', () => ownToken({ jwk })],
  ['a jku', () => ownToken({ jku: 'http://127.0.0.1/jwks.json' })],
  ['an x5u', () => ownToken({ x5u: 'http://127.0.0.1/cert.pem' })],
  ['a time that is over', () => createToken(keys, { claims: claims({ exp: now - 1 }) })],
  ['a time to come', () => createToken(keys, { claims: claims({ nbf: now + 1 }) })],
  ['five parts', () => `${good()}.a.b`],
  ['four parts', () => `${good()}.a`],
  ['no JSON in it', () => 'a.b.c'],
  ['one character of its signature changed', () => changed(good())],
  ['an opaque refresh token', () => 'rt_5f0c9a'],
])('a token with %s is a 401 and does not reach the service', async (_what, make) => {
  const before = asked;
  expect((await ask(make())).status).toBe(401);
  expect(asked).toBe(before);
});

function kid(value: string) {
  return { header: { ...BASE, kid: value }, claims: claims() };
}

function ownToken(header: object): string {
  return createToken(keys, { header: { ...BASE, ...header }, claims: claims(), key: ownKey });
}

function changed(token: string): string {
  const at = token.lastIndexOf('.') + 5;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

test('a kid of 10 kB is refused before it is read', async () => {
  expect((await ask(createToken(keys, kid('k'.repeat(10_000))))).status).toBe(400);
});

test('of a claim that is given twice the last counts', async () => {
  const twice = `{"exp":${now + 900},"nbf":0,"exp":${now - 1}}`;
  const text = `${encode(BASE)}.${Buffer.from(twice).toString('base64url')}`;
  const made = sign('RSA-SHA256', Buffer.from(text), keys.a.privateKey).toString('base64url');
  const response = await ask(`${text}.${made}`);
  expect([response.status, await response.json()]).toEqual([401, { exp: 'token expired' }]);
});

test('a token that was let in before is not any more once it is over', async () => {
  const token = createToken(keys, { claims: claims({ exp: now + 2 }) });
  expect((await ask(token)).status).toBe(200);
  now += 1;
  expect((await ask(token)).status).toBe(200);
  now += 1;
  const late = await ask(token);
  expect([late.status, await late.json()]).toEqual([401, { exp: 'token expired' }]);
});

test('the service is told who it is, whatever the client says', async () => {
  const headers = {
    Authorization: `Bearer ${good()}`,
    'X-Consumer-Username': 'root',
    'x-credential-identifier': 'other',
    'X-Consumer-Custom-ID': 'spoofed',
  };
  const response = await fetch(`http://127.0.0.1:${gateway}/s/x`, { headers });
  const seen = (await response.json()) as Record<string, string>;
  expect(seen).toMatchObject({
    'x-consumer-username': 'edge',
    'x-credential-identifier': 'kid-a',
  });
  expect(seen).not.toHaveProperty('x-consumer-custom-id');
});
