import type { TenantTransaction } from '@roundhouse/database';
import { ACCESS_SECONDS, signAccessToken } from '../keys/access-token.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { NewTenant } from '../tenants/store.ts';
import type { User } from '../users/store.ts';
import { newRefreshToken, refreshTokenHash } from './refresh-token.ts';
import { refreshExpiry } from './session.ts';
import { insertRefreshToken } from './store.ts';

/** A new pair of tokens within a session; only the hash of the refresh token is kept. */
export function issueTokens(
  tx: TenantTransaction,
  keys: KeyRing,
  { session_id, user, tenant }: { session_id: string; user: User; tenant: NewTenant },
) {
  const refresh_token = newRefreshToken();
  const token_hash = refreshTokenHash(refresh_token);
  const expires_at = refreshExpiry(tx.tenant.now());
  insertRefreshToken(tx, { session_id, token_hash, expires_at });
  const { id: user_id, roles, token_version } = user;
  const of = { user_id, tenant_id: tenant.id, session_id, roles, token_version };
  return {
    tenant,
    user,
    access_token: signAccessToken(keys.signing(), of),
    refresh_token,
    token_type: 'Bearer' as const,
    expires_in: ACCESS_SECONDS,
  };
}
