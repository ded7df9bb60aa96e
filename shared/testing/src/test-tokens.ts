import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Role } from '@roundhouse/service/contract';
import { AUDIENCE, ISSUER, type PublicKeyEntry, TOKEN_TYPE } from '@roundhouse/service/token';
import jwt from 'jsonwebtoken';

const kid = 'test';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const publicKeys = async (): Promise<PublicKeyEntry[]> => [{ kid, key: publicKey }];

export interface TokenOf {
  user_id?: string;
  tenant_id: string;
  roles: Role[];
}

/** An access token as auth makes it, signed with this test run's own key. */
export function accessToken({ user_id = randomUUID(), tenant_id, roles }: TokenOf): string {
  return jwt.sign({ tenant_id, roles, sid: randomUUID() }, privateKey, {
    algorithm: 'RS256',
    keyid: kid,
    header: { alg: 'RS256', typ: TOKEN_TYPE },
    issuer: ISSUER,
    audience: AUDIENCE,
    subject: user_id,
    expiresIn: 900,
    notBefore: -60,
  });
}
