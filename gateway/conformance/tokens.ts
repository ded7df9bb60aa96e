import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export type KeyPair = { publicKey: string; privateKey: KeyObject };
export type Keys = { a: KeyPair; b: KeyPair; other: KeyPair };

type Shape = {
  header?: Record<string, unknown>;
  claims?: unknown;
  key?: KeyPair;
};

function createPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey };
}

export function createKeys(): Keys {
  return { a: createPair(), b: createPair(), other: createPair() };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A compact token as the recording's were made: RS256, `kid-a`, key a, unless told otherwise. */
export function createToken(keys: Keys, { header, claims, key = keys.a }: Shape): string {
  const head = encode(header ?? { alg: 'RS256', typ: 'JWT', kid: 'kid-a' });
  const signed = `${head}.${encode(claims)}`;
  const hash = header?.alg === 'RS512' ? 'RSA-SHA512' : 'RSA-SHA256';
  return `${signed}.${sign(hash, Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

function unsigned(header: object, claims: unknown): string {
  return `${encode(header)}.${encode(claims)}`;
}

/** Each token of the recording by its name, made for the second `now`. */
export function createRecordedToken(name: string, keys: Keys, now: number): string {
  const times = { exp: now + 3600, nbf: now - 60 };
  const claims = { sub: 'user', ...times };
  const base = { alg: 'RS256', typ: 'JWT' };
  const shapes: Record<string, Shape> = {
    a: { claims },
    b: { header: { ...base, kid: 'kid-b' }, claims, key: keys.b },
    expired: { claims: { ...claims, exp: now - 10 } },
    'nbf-future': { claims: { ...claims, nbf: now + 600 } },
    'expired-and-nbf-future': { claims: { ...claims, exp: now - 10, nbf: now + 600 } },
    'no-exp': { claims: { ...claims, exp: undefined } },
    'no-nbf': { claims: { ...claims, nbf: undefined } },
    'no-exp-no-nbf': { claims: { sub: 'user' } },
    'string-exp': { claims: { ...claims, exp: String(times.exp) } },
    'unknown-kid': { header: { ...base, kid: 'kid-zzz' }, claims },
    'kid-a-signed-by-b': { claims, key: keys.b },
    'kid-a-signed-by-other': { claims, key: keys.other },
    'kid-in-payload-only': { header: base, claims: { ...claims, kid: 'kid-a' } },
    'payload-kid-b-header-kid-a': { claims: { ...claims, kid: 'kid-b' }, key: keys.b },
    'no-kid': { header: base, claims },
    'empty-kid': { header: { ...base, kid: '' }, claims },
    'number-kid': { header: { ...base, kid: 7 }, claims },
    rs512: { header: { ...base, alg: 'RS512', kid: 'kid-a' }, claims },
    'array-payload': { claims: [1, 2] },
    'string-payload': { claims: 'text' },
    'number-payload': { claims: 5 },
    'null-payload': { claims: null },
    'exp-now': { claims: { ...claims, exp: now } },
    'fraction-exp': { claims: { ...claims, exp: now + 3600.5 } },
  };
  const shape = shapes[name];
  if (shape !== undefined) return createToken(keys, shape);
  const whole = createToken(keys, { claims }).split('.');
  const hs256 = unsigned({ alg: 'HS256', typ: 'JWT', kid: 'kid-a' }, claims);
  switch (name) {
    case 'none':
      return `${unsigned({ ...base, alg: 'none', kid: 'kid-a' }, claims)}.`;
    case 'hs256-with-public-key':
      return `${hs256}.${createHmac('sha256', keys.a.publicKey).update(hs256).digest('base64url')}`;
    case 'a-without-signature':
      return `${whole[0]}.${whole[1]}.`;
    case 'a-tampered-payload':
      return `${whole[0]}.${encode({ ...claims, sub: 'owner' })}.${whole[2]}`;
    default:
      throw new Error(`The recording has no token ${name}.`);
  }
}
