import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publicKeys, type ServedService, serve, signedToken } from '@roundhouse/testing';
import { z } from 'zod';
import { defineContract } from '../src/contract.ts';
import { createService } from '../src/service.ts';
import { AUDIENCE, ISSUER, tokenVerifier } from '../src/token.ts';

/**
 * What a service itself answers to whoever comes round the gateway, with each token of the founding
 * documents' list that is not one (reliability.md 5.3; ASVS 5.0 9.1 and 9.2).
 */
const contract = defineContract('clients', {
  whoAmI: {
    method: 'get',
    path: '/me',
    summary: 'Whose rows the caller would get',
    permission: 'clients:read',
    status: 200,
    response: z.object({ tenant_id: z.uuid() }),
  },
});

let service: ServedService<typeof contract>;
beforeAll(async () => {
  service = await serve({
    contract,
    createApp: (dependencies) =>
      createService(
        contract,
        { whoAmI: async (_, { tenant }) => ({ tenant_id: tenant.id }) },
        dependencies,
      ),
  });
});
afterAll(() => service.stop());

interface Told {
  status: number | undefined;
  code: string | undefined;
  challenge: string | undefined;
  tenant_id: string | undefined;
}

/** As it is: fetch would refuse some of these headers itself. */
function ask(headers: Record<string, string>): Promise<Told> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL('/me', service.base_url), { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { code, tenant_id } = text === '' ? {} : JSON.parse(text);
        const challenge = answer.headers['www-authenticate'];
        resolve({ status: answer.statusCode, code, challenge, tenant_id });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
const bearing = (token: string) => ask({ authorization: `Bearer ${token}` });

const now = Math.floor(Date.now() / 1000);
const tenant_id = randomUUID();
const header = { alg: 'RS256', typ: 'at+jwt', kid: 'test' };
const claims = {
  ...{ iss: ISSUER, aud: AUDIENCE, sub: randomUUID(), tenant_id, roles: ['owner'] },
  ...{ sid: randomUUID(), ver: 1, iat: now, nbf: now - 60, exp: now + 900 },
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const headed = (changes: object) =>
  signedToken(JSON.stringify({ ...header, ...changes }), JSON.stringify(claims));
const claiming = (changes: object) =>
  signedToken(JSON.stringify(header), JSON.stringify({ ...claims, ...changes }));
const carrying = (payload: string) => signedToken(JSON.stringify(header), payload);
const good = headed({});
const [head = '', payload = '', signature = ''] = good.split('.');

const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const byOther = (changes: object = {}) => {
  const content = `${encode({ ...header, ...changes })}.${payload}`;
  const made = sign('RSA-SHA256', Buffer.from(content), other.privateKey);
  return `${content}.${made.toString('base64url')}`;
};
const byEc = () => {
  const content = `${encode({ ...header, alg: 'ES256' })}.${payload}`;
  const key = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${content}.${sign('SHA256', Buffer.from(content), key).toString('base64url')}`;
};
const unsigned = (alg: unknown) => `${encode({ ...header, alg })}.${payload}.`;
const twice = (name: string, value: unknown) =>
  JSON.stringify(claims).replace(/}$/, `,${JSON.stringify(name)}:${JSON.stringify(value)}}`);

test('the good one, of which each other is made, opens the door', async () => {
  expect(await bearing(good)).toMatchObject({ status: 200, tenant_id });
  expect(await bearing(claiming({ ver: undefined }))).toMatchObject({ status: 200 });
});

const SIGNATURES: [string, string][] = [
  ...['none', 'None', 'nOnE', 'NONE', '', null, 0].map((alg): [string, string] => [
    `alg ${JSON.stringify(alg)} and no signature`,
    unsigned(alg),
  ]),
  ['alg none, well signed all the same', headed({ alg: 'none' })],
  ['an empty signature', `${head}.${payload}.`],
  ['no signature at all', `${head}.${payload}`],
  ["another token's signature", `${head}.${payload}.${claiming({ ver: 2 }).split('.')[2]}`],
  ['a signature cut short', good.slice(0, -10)],
  ['another key under the name of ours', byOther()],
  ['an elliptic key under the name of ours', byEc()],
  ['RS384 where RS256 is meant', headed({ alg: 'RS384' })],
  ['PS256 where RS256 is meant', headed({ alg: 'PS256' })],
  ['changed claims', `${head}.${encode({ ...claims, tenant_id: randomUUID() })}.${signature}`],
  ['four segments', `${good}.a`],
  ['five segments, as encrypted ones have', `${good}.a.b`],
  ['one segment', head],
  ['three dots', '...'],
  ['an opaque refresh token', 'x2c6Lw0XcFQ1kqhcVd1n3mQ0mVb5o4yG0u0qXoZ9aQw'],
];

const jwk = other.publicKey.export({ format: 'jwk' });
const HEADERS: [string, string][] = [
  ...[
    '../../dev/null',
    "' UNION SELECT 1 --",
    'https://keys.example/k.pem',
    '',
    'x'.repeat(6_000),
  ].map((kid): [string, string] => [`the kid ${kid.slice(0, 30)}`, headed({ kid })]),
  ['no kid', headed({ kid: undefined })],
  ['a kid that is a list', headed({ kid: ['test'] })],
  ['a key of its own, signed with that', byOther({ jwk })],
  ['a key of its own beside the good one', headed({ jwk })],
  ['an address of keys', headed({ jku: 'http://127.0.0.1:1/keys' })],
  ['an address of certificates', headed({ x5u: 'http://127.0.0.1:1/keys' })],
  ['certificates of its own', headed({ x5c: ['MIIB'] })],
  ['an unknown crit', headed({ crit: ['urn:example'], 'urn:example': true })],
  ['a payload that is not encoded (RFC 7797)', headed({ b64: false, crit: ['b64'] })],
  ['the typ of an id token', headed({ typ: 'JWT' })],
  ['the typ of a refresh token', headed({ typ: 'rt+jwt' })],
  ['no typ', headed({ typ: undefined })],
  [
    'a header that says alg twice',
    signedToken('{"alg":"none","typ":"at+jwt","kid":"test","alg":"RS256"}', JSON.stringify(claims)),
  ],
  ['a header that is a list', signedToken('[]', JSON.stringify(claims))],
];

const CLAIMS: [string, string][] = [
  ['expired a second ago', claiming({ exp: now - 1 })],
  ['no end', claiming({ exp: undefined })],
  ['an end that is a text', claiming({ exp: String(now + 900) })],
  ['not yet begun', claiming({ nbf: now + 61 })],
  ['another issuer', claiming({ iss: 'https://roundhouse.example' })],
  ['no issuer', claiming({ iss: undefined })],
  ['another audience', claiming({ aud: 'somebody-else' })],
  ['no audience', claiming({ aud: undefined })],
  ['no tenant', claiming({ tenant_id: undefined })],
  ['a tenant that is no id', claiming({ tenant_id: "' OR 1=1" })],
  ['a list of tenants', claiming({ tenant_id: [tenant_id] })],
  ['no subject', claiming({ sub: undefined })],
  ['a subject that is no id', claiming({ sub: 'root' })],
  ['no session', claiming({ sid: undefined })],
  ['a role that there is not', claiming({ roles: ['owner', 'root'] })],
  ['roles that are a text', claiming({ roles: 'owner' })],
  ['version 0', claiming({ ver: 0 })],
  ['a version that is a text', claiming({ ver: '9' })],
  ['the tenant twice', carrying(twice('tenant_id', randomUUID()))],
  ['the end twice', carrying(twice('exp', now + 9_000))],
  [
    'the roles twice, once in escapes',
    carrying(twice('r', 0).replace('"r":0', '"rol\\u0065s":[]')),
  ],
  ['a payload that is no JSON', carrying('owner')],
  ['a payload that is null', carrying('null')],
  ['a payload that is a list', carrying('[]')],
  ['12 kB of claims', claiming({ filler: 'x'.repeat(9_000) })],
];

describe.each([
  ['signed wrongly', SIGNATURES],
  ['with a header of its own mind', HEADERS],
  ['with claims that are none', CLAIMS],
])('a token %s', (_, rows) => {
  test.each(rows)('%s: 401', async (__, token) => {
    expect(await bearing(token)).toEqual({
      status: 401,
      code: 'token_invalid',
      challenge: 'Bearer error="invalid_token"',
      tenant_id: undefined,
    });
  });
});

test('HS256 with the public key as its secret, in each form that it has: 401', async () => {
  const [entry] = await publicKeys();
  const secrets = (['spki', 'pkcs1'] as const).flatMap((type) =>
    (['pem', 'der'] as const).map((format) => entry?.key.export({ type, format } as never) ?? ''),
  );
  for (const secret of secrets) {
    const content = `${encode({ ...header, alg: 'HS256' })}.${payload}`;
    const mac = createHmac('sha256', secret).update(content).digest('base64url');
    expect(await bearing(`${content}.${mac}`)).toMatchObject({ status: 401 });
  }
});

test('more than a header may hold is refused, or cut off while it is being sent', async () => {
  expect(await bearing('x'.repeat(17_000))).toMatchObject({ status: 431 });
  const { status } = await bearing('x'.repeat(100_000)).catch(() => ({ status: 'cut' }));
  expect(['cut', 431]).toContain(status);
});

test.each([
  ['no header', {}],
  ['no scheme', { authorization: good }],
  ['another scheme', { authorization: `Basic ${good}` }],
  ['no token', { authorization: 'Bearer ' }],
  ['the token in the wrong header', { 'x-access-token': good }],
])('%s: 401', async (_, headers) => {
  expect(await ask(headers)).toMatchObject({ status: 401, code: 'token_missing' });
});

test("a header of somebody else's tenant changes nothing", async () => {
  const someone = randomUUID();
  const headers = {
    authorization: `Bearer ${good}`,
    ...{ 'x-tenant-id': someone, 'x-user-id': someone, 'x-consumer-id': someone },
  };
  expect(await ask(headers)).toMatchObject({ status: 200, tenant_id });
});

describe('keys', () => {
  const [ours, next] = [other, generateKeyPairSync('rsa', { modulusLength: 2048 })];
  const tokenOf = (kid: string, { privateKey }: typeof ours) => {
    const content = `${encode({ ...header, kid })}.${payload}`;
    const signature = sign('RSA-SHA256', Buffer.from(content), privateKey);
    return `${content}.${signature.toString('base64url')}`;
  };

  test('that are gone take the tokens along that had been verified with them', async () => {
    let entries = [{ kid: 'one', key: ours.publicKey }];
    const verify = tokenVerifier(async () => entries);
    await expect(verify(tokenOf('one', ours))).resolves.toMatchObject({ tenant_id });
    entries = [{ kid: 'two', key: next.publicKey }];
    await verify.refresh();
    await expect(verify(tokenOf('one', ours))).rejects.toThrow('not valid');
    await expect(verify(tokenOf('two', next))).resolves.toMatchObject({ tenant_id });
  });

  test('that are new are known by the refresh, however many unknown ones are sent', async () => {
    let entries = [{ kid: 'one', key: ours.publicKey }];
    let asked = 0;
    const verify = tokenVerifier(async () => {
      asked += 1;
      return entries;
    });
    await verify.refresh();
    entries = [...entries, { kid: 'two', key: next.publicKey }];
    for (let flood = 0; flood < 500; flood += 1) {
      await expect(verify(tokenOf(`unknown-${flood}`, next))).rejects.toThrow('not valid');
    }
    expect(asked).toBe(1);
    await verify.refresh();
    await expect(verify(tokenOf('two', next))).resolves.toMatchObject({ tenant_id });
  });

  test('that cannot be asked for leave those in force that are known', async () => {
    let away = false;
    const verify = tokenVerifier(async () => {
      if (away) throw new Error('auth is away');
      return [{ kid: 'one', key: ours.publicKey }];
    });
    await verify.refresh();
    away = true;
    await expect(verify.refresh()).rejects.toThrow('cannot be checked');
    await expect(verify(tokenOf('one', ours))).resolves.toMatchObject({ tenant_id });
  });
});
