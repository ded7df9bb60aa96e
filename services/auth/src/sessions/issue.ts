import { audit, type TenantTransaction } from '@roundhouse/database';
import { ACCESS_SECONDS, signAccessToken } from '../keys/access-token.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { NewTenant } from '../tenants/store.ts';
import type { User } from '../users/store.ts';
import { newRefreshToken, refreshTokenHash } from './refresh-token.ts';
import { refreshExpiry } from './session.ts';
import { insertRefreshToken, insertSession, type SessionSource } from './store.ts';

interface Account {
  user: User;
  tenant: NewTenant;
}

/** A pair of tokens within a session; only the hash of the refresh token is kept. */
export function issueTokens(
  tx: TenantTransaction,
  keys: KeyRing,
  of: Account & { session_id: string; refresh_token?: string },
) {
  const { user, tenant, session_id, refresh_token = newRefreshToken() } = of;
  const token_hash = refreshTokenHash(refresh_token);
  const expires_at = refreshExpiry(tx.tenant.now());
  insertRefreshToken(tx, { session_id, token_hash, expires_at });
  const { id: user_id, roles, token_version } = user;
  const holder = { user_id, tenant_id: tenant.id, session_id, roles, token_version };
  return {
    tenant,
    user,
    access_token: signAccessToken(keys.signing(), holder),
    refresh_token,
    token_type: 'Bearer' as const,
    expires_in: ACCESS_SECONDS,
  };
}

/** A new session of whoever has proved who it is, with its first tokens. */
export async function openSession(
  tx: TenantTransaction,
  keys: KeyRing,
  { user, tenant, ...source }: Account & SessionSource,
) {
  const session_id = await insertSession(tx, user, source);
  audit(tx, { action: 'logIn', subject_type: 'session', subject_id: session_id });
  return issueTokens(tx, keys, { session_id, user, tenant });
}
