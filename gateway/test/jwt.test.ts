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
  ['a kid that is a number', () => createToken(keys, kid(7))],
  ['a kid that is a list', () => createToken(keys, kid(['kid-a']))],
  ['a kid that is an object', () => createToken(keys, kid({ toString: 'kid-a' }))],
  ['a kid that every object has', () => createToken(keys, kid('__proto__'))],
  ['no kid', () => createToken(keys, { header: { ...BASE, kid: undefined }, claims: claims() })],
  ['an embedded key', () => ownToken({ jwk })],
  ['a jku', () => ownToken({ jku: 'http://127.0.0.1/jwks.json' })],
  ['an x5u', () => ownToken({ x5u: 'http://127.0.0.1/cert.pem' })],
  ['a certificate of its own', () => ownToken({ x5c: ['MIIB'] })],
  [
    'an extension that we do not know',
    () => createToken(keys, headed({ crit: ['b64'], b64: false })),
  ],
  ['another hash', () => createToken(keys, headed({ alg: 'RS512' }))],
  ['another padding', () => createToken(keys, headed({ alg: 'PS256' }))],
  ['claims that are null', () => createToken(keys, { header: BASE, claims: null })],
  ['claims that are a number', () => createToken(keys, { header: BASE, claims: 5 })],
  ['claims that are true', () => createToken(keys, { header: BASE, claims: true })],
  ['claims that are a list', () => createToken(keys, { header: BASE, claims: [1, 2] })],
  ['claims that are a text', () => createToken(keys, { header: BASE, claims: 'kid-a' })],
  ['a header that is null', () => `${encode(null)}.${encode(claims())}.${signature()}`],
  ['a header that is a number', () => `${encode(1)}.${encode(claims())}.${signature()}`],
  ['a header 2,500 levels deep', () => `${deep(2500)}.${encode(claims())}.${signature()}`],
  ['no end', () => createToken(keys, { header: BASE, claims: claims({ exp: undefined }) })],
  [
    'an end that is a text',
    () => createToken(keys, { header: BASE, claims: claims({ exp: '9' }) }),
  ],
  ['an end beyond all numbers', () => raw(`{"exp":1e400,"nbf":0}`)],
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

function headed(header: object) {
  return { header: { ...BASE, ...header }, claims: claims() };
}

function kid(value: unknown) {
  return headed({ kid: value });
}

/** JSON that no stack shall break on, and as deep as one line of a head can hold. */
function deep(levels: number): string {
  return Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`).toString('base64url');
}

/** A token of these very claims, signed with the right key. */
function raw(json: string): string {
  const text = `${encode(BASE)}.${Buffer.from(json).toString('base64url')}`;
  const signed = sign('RSA-SHA256', Buffer.from(text), keys.a.privateKey);
  return `${text}.${signed.toString('base64url')}`;
}

function ownToken(header: object): string {
  return createToken(keys, { header: { ...BASE, ...header }, claims: claims(), key: ownKey });
}

function changed(token: string): string {
  const at = token.lastIndexOf('.') + 5;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

test.each([
  ['a kid of 10 kB', () => createToken(keys, kid('k'.repeat(10_000)))],
  ['100 kB of token', () => 'x'.repeat(100_000)],
])('%s is refused before it is read', async (_what, make) => {
  const before = asked;
  expect((await ask(make())).status).toBe(400);
  expect(asked).toBe(before);
});

test('two different tokens are one too many, wherever they stand', async () => {
  const url = `http://127.0.0.1:${gateway}/s/x?jwt=${good()}`;
  const headers = { Authorization: `Bearer ${createToken(keys, headed({ typ: 'other' }))}` };
  const response = await fetch(url, { headers });
  expect([response.status, await response.json()]).toEqual([
    401,
    { message: 'Multiple tokens provided' },
  ]);
});

test('of a claim that is given twice the last counts', async () => {
  const response = await ask(raw(`{"exp":${now + 900},"nbf":0,"exp":${now - 1}}`));
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
