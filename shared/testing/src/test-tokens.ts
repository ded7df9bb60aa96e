import { generateKeyPairSync, randomUUID, sign as signBytes } from 'node:crypto';
import type { Role } from '@roundhouse/service/contract';
import { AUDIENCE, ISSUER, type PublicKeyEntry, TOKEN_TYPE } from '@roundhouse/service/token';
import jwt from 'jsonwebtoken';

const kid = 'test';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const publicKeys = async (): Promise<PublicKeyEntry[]> => [{ kid, key: publicKey }];

export interface TokenOf {
  user_id?: string;
  session_id?: string;
  tenant_id: string;
  roles: Role[];
  token_version?: number;
}

/** Signs claims with this test run's own key, as auth would. */
const sign = (claims: object, subject: string) =>
  jwt.sign(claims, privateKey, {
    algorithm: 'RS256',
    keyid: kid,
    header: { alg: 'RS256', typ: TOKEN_TYPE },
    issuer: ISSUER,
    audience: AUDIENCE,
    subject,
    expiresIn: 900,
    notBefore: -60,
  });

/** An access token of a user, as auth makes it. */
export function accessToken(of: TokenOf): string {
  const { user_id = randomUUID(), session_id = randomUUID(), token_version = 1 } = of;
  const { tenant_id, roles } = of;
  return sign({ tenant_id, roles, sid: session_id, ver: token_version }, user_id);
}

export interface MachineTokenOf {
  client_id?: string;
  tenant_id: string;
  scopes: string[];
  token_version?: number;
}

/** An access token of a machine client, as auth makes it. */
export function machineToken(of: MachineTokenOf): string {
  const { client_id = randomUUID(), tenant_id, scopes, token_version: ver = 1 } = of;
  const claims = { tenant_id, roles: [], sid: client_id, ver, client_id, scope: scopes.join(' ') };
  return sign(claims, client_id);
}

/** Any two texts as the parts of a token, well signed: what is wrong with it is in the texts. */
export function signedToken(header: string, payload: string): string {
  const content = [header, payload].map((text) => Buffer.from(text).toString('base64url'));
  const signature = signBytes('RSA-SHA256', Buffer.from(content.join('.')), privateKey);
  return [...content, signature.toString('base64url')].join('.');
}
