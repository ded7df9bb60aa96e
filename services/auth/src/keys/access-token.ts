import type { Role } from '@roundhouse/service/contract';
import { AUDIENCE, ISSUER, TOKEN_TYPE } from '@roundhouse/service/token';
import jwt from 'jsonwebtoken';
import type { SigningKey } from './signing-key.ts';

export const ACCESS_SECONDS = 900;
/** Kong checks `nbf` without leeway, so a clock may be this much behind ours. */
const NOT_BEFORE_SECONDS = -60;

interface Subject {
  tenant_id: string;
  /** Tokens with a lower one than the subject's are refused. */
  token_version: number;
}

export interface UserTokenOf extends Subject {
  user_id: string;
  session_id: string;
  roles: Role[];
}

export interface MachineTokenOf extends Subject {
  client_id: string;
  /** Permissions; what else stands there grants nothing. */
  scopes: string[];
}

const sign = (key: SigningKey, subject: string, claims: object) =>
  jwt.sign(claims, key.private, {
    algorithm: 'RS256',
    keyid: key.kid,
    header: { alg: 'RS256', typ: TOKEN_TYPE },
    issuer: ISSUER,
    audience: AUDIENCE,
    subject,
    expiresIn: ACCESS_SECONDS,
    notBefore: NOT_BEFORE_SECONDS,
  });

export function signAccessToken(key: SigningKey, of: UserTokenOf): string {
  const { tenant_id, roles, session_id: sid, token_version: ver } = of;
  return sign(key, of.user_id, { tenant_id, roles, sid, ver });
}

/** A machine has no session but itself, and no role (RFC 9068 2.2.3). */
export function signMachineToken(key: SigningKey, of: MachineTokenOf): string {
  const { tenant_id, client_id, scopes, token_version: ver } = of;
  const scope = scopes.join(' ');
  return sign(key, client_id, { tenant_id, roles: [], sid: client_id, ver, client_id, scope });
}
