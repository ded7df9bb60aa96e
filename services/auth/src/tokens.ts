import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Role } from '@roundhouse/service/contract';
import {
  AUDIENCE,
  ISSUER,
  keyThumbprint,
  type PublicKeyEntry,
  TOKEN_TYPE,
} from '@roundhouse/service/token';
import jwt from 'jsonwebtoken';

export const ACCESS_SECONDS = 900;
/** Kong checks `nbf` without leeway, so a clock may be this much behind ours. */
const NOT_BEFORE_SECONDS = -60;

export interface SigningKey {
  kid: string;
  private: KeyObject;
  public: KeyObject;
}

export function signingKey(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key);
  return { kid: keyThumbprint(publicKey), private: key, public: publicKey };
}

export const publicEntry = (key: SigningKey): PublicKeyEntry => ({ kid: key.kid, key: key.public });

export function jwkOf(key: SigningKey) {
  const { n = '', e = '' } = key.public.export({ format: 'jwk' });
  return { kid: key.kid, kty: 'RSA', alg: 'RS256', use: 'sig', n, e } as const;
}

export interface AccessTokenOf {
  user_id: string;
  tenant_id: string;
  session_id: string;
  roles: Role[];
}

export function signAccessToken(key: SigningKey, of: AccessTokenOf): string {
  return jwt.sign({ tenant_id: of.tenant_id, roles: of.roles, sid: of.session_id }, key.private, {
    algorithm: 'RS256',
    keyid: key.kid,
    header: { alg: 'RS256', typ: TOKEN_TYPE },
    issuer: ISSUER,
    audience: AUDIENCE,
    subject: of.user_id,
    expiresIn: ACCESS_SECONDS,
    notBefore: NOT_BEFORE_SECONDS,
  });
}

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** 256 random bits need no slow hash: nobody tries them all. */
export const refreshTokenHash = (token: string): Buffer =>
  createHash('sha256').update(token).digest();
