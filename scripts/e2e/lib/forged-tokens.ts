/** Tokens that are none (reliability.md 5.3), each made of a good one. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyThumbprint } from '@roundhouse/service/token';

type Json = Record<string, unknown>;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** The private key that a good token was signed with, from the platform's own folder. */
function signingKeyOf(kid: unknown): KeyObject {
  const { DATA_DIR } = process.env;
  if (DATA_DIR === undefined) throw new Error('DATA_DIR says where the platform keeps its keys.');
  const keys = globSync('**/*.pem', { cwd: DATA_DIR }).map((file) =>
    createPrivateKey(readFileSync(join(DATA_DIR, file))),
  );
  const key = keys.find((one) => keyThumbprint(createPublicKey(one)) === kid);
  if (key === undefined) throw new Error(`There is no key ${kid} in ${DATA_DIR}.`);
  return key;
}

export interface Forged {
  name: string;
  token: string;
  /** How the token is sent, where not after `Bearer `. */
  scheme?: string;
  statuses: number[];
}

type Row = [name: string, token: string, statuses?: number[]];

/** What a good token can be made into, by whoever has its key and by whoever has not. */
function forge(good: string) {
  const [head = '', payload = '', signature = ''] = good.split('.');
  const header = decoded(head);
  const claims = decoded(payload);
  const own = signingKeyOf(header.kid);
  const signed = (first: string, second: string, key = own) => {
    const content = `${first}.${second}`;
    return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
  };
  return {
    ...{ head, payload, signature, header, claims, own, signed },
    hmac: (secret: string | Buffer) => {
      const content = `${encoded({ ...header, alg: 'HS256' })}.${payload}`;
      return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
    },
    /** Well signed: what the header says is all that is wrong. */
    headed: (changes: Json) => signed(encoded({ ...header, ...changes }), payload),
    claiming: (changes: Json) => signed(head, encoded({ ...claims, ...changes })),
    carrying: (text: string) => signed(head, Buffer.from(text).toString('base64url')),
  };
}

type Forge = ReturnType<typeof forge>;

const TOO_LONG = [400, 401, 431];
/** Kong itself crashes over these, before anybody is let in, and our gateway does as it does. */
const AS_KONG = [401, 500];

function headers({ header, payload, headed, own, signed, hmac }: Forge): Row[] {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = other.publicKey.export({ format: 'jwk' });
  const pem = createPublicKey(own).export({ type: 'spki', format: 'pem' });
  const kids = ['../../dev/null', "' UNION SELECT 1 --", 'https://keys.example/k.pem', ''];
  const url = 'http://127.0.0.1:9/keys';
  return [
    ...['none', 'None', 'nOnE', ''].map(
      (alg): Row => [`alg ${JSON.stringify(alg)}`, `${encoded({ ...header, alg })}.${payload}.`],
    ),
    ...['none', 'PS256', 'RS512', 'ES256', 'EdDSA'].map(
      (alg): Row => [`alg ${alg} over a good signature`, headed({ alg })],
    ),
    ['HS256 under the public key', hmac(pem)],
    ['HS256 under nothing', hmac('')],
    ['another key', signed(encoded(header), payload, other.privateKey)],
    ['a key that it brings', signed(encoded({ ...header, jwk }), payload, other.privateKey)],
    ...kids.map((kid): Row => [`kid ${kid}`, headed({ kid })]),
    ['kid of 5 kB', headed({ kid: 'k'.repeat(5_000) }), TOO_LONG],
    ['kid a number', headed({ kid: 7 }), AS_KONG],
    ['no kid', headed({ kid: undefined })],
    ['typ of another kind', headed({ typ: 'JWT' })],
    ['no typ', headed({ typ: undefined })],
    ['crit', headed({ crit: ['exp'] })],
    ['crit of what nobody knows', headed({ crit: ['zzz'], zzz: 1 })],
    ['jku', headed({ jku: url })],
    ['x5u', headed({ x5u: url })],
  ];
}

function claimed({ claims, head, signed, claiming, carrying }: Forge): Row[] {
  const now = Math.floor(Date.now() / 1000);
  const ended = JSON.stringify({ ...claims, exp: now - 9_999 });
  const without = (name: string) => {
    const { [name]: _, ...rest } = claims;
    return signed(head, encoded(rest));
  };
  return [
    ['a claim twice', carrying(`{"exp":${now + 9_999},${ended.slice(1)}`)],
    ['a payload that is an array', carrying('[]')],
    ['a payload that is null', carrying('null'), AS_KONG],
    ['a payload that is no JSON', carrying('nothing')],
    ['expired', claiming({ exp: now - 61 })],
    ['an end that is a text', claiming({ exp: '9999999999' })],
    ['not yet', claiming({ nbf: now + 600 })],
    ['another issuer', claiming({ iss: 'https://elsewhere.example' })],
    ['another audience', claiming({ aud: 'another-api' })],
    ['roles that there are not', claiming({ roles: ['root'] })],
    ['roles as one text', claiming({ roles: 'owner' })],
    ['a tenant that is no id', claiming({ tenant_id: "' OR 1=1" })],
    ['a tenant that is a list', claiming({ tenant_id: [claims.tenant_id] })],
    ['a user that is no id', claiming({ sub: 'admin' })],
    ...['exp', 'iss', 'aud', 'sub', 'tenant_id', 'roles', 'sid'].map(
      (name): Row => [`no ${name}`, without(name)],
    ),
  ];
}

function written({ head, payload, claims, signature }: Forge, good: string): Row[] {
  const changed = encoded({ ...claims, roles: ['owner'], sub: randomUUID() });
  return [
    ['no signature', `${head}.${payload}.`],
    ['a signature of nothing', `${head}.${payload}.${'A'.repeat(342)}`],
    ['a changed payload', `${head}.${changed}.${signature}`],
    ['five segments', `${good}.a.b`],
    ['two segments', `${head}.${payload}`],
    ['no JSON', 'a.b.c'],
    ['null', 'null'],
    ['10 kB', `${good}${'A'.repeat(10_000)}`, TOO_LONG],
    ['100 kB', `${good}${'A'.repeat(100_000)}`, [400, 431]],
  ];
}

/** Every one of them: what a header names, who signed, what the claims say, how it is written. */
export function forgedTokens(good: string, refresh_token: string): Forged[] {
  const forged = forge(good);
  const rows: Row[] = [
    ...headers(forged),
    ...claimed(forged),
    ...written(forged, good),
    ['a refresh token', refresh_token],
  ];
  return [
    ...rows.map(([name, token, statuses = [401]]) => ({ name, token, statuses })),
    { name: 'Basic', scheme: 'Basic ', token: good, statuses: [401] },
    { name: 'no scheme', scheme: '', token: good, statuses: [401] },
    { name: 'no token', scheme: 'Bearer', token: '', statuses: [401] },
  ];
}
