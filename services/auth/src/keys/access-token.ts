import type { Role } from '@roundhouse/service/contract';
import { AUDIENCE, ISSUER, TOKEN_TYPE } from '@roundhouse/service/token';
import jwt from 'jsonwebtoken';
import type { SigningKey } from './signing-key.ts';

export const ACCESS_SECONDS = 900;
/** Kong checks `nbf` without leeway, so a clock may be this much behind ours. */
const NOT_BEFORE_SECONDS = -60;

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
