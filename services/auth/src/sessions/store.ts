import { type Database, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { only } from '../rows.ts';
import { type Tenant, tenantById } from '../tenants/store.ts';
import { type User, userById, userColumns } from '../users/store.ts';
import type { RefreshToken } from './session.ts';

export async function tenantOfRefreshToken(database: Database, hash: Buffer) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_refresh_token(${hash}) AS id`,
  );
  return row?.id ?? undefined;
}

/** A user and its business, in one round trip. */
export async function findAccount(tx: Reader, tenant_id: string, user_id: string) {
  const [users, tenants] = await tx.queries<[User[], Tenant[]]>([
    userById(tenant_id, user_id),
    tenantById(tenant_id),
  ]);
  return { user: only(users), tenant: only(tenants) };
}

export interface Credentials {
  user: User;
  tenant: Tenant;
  password_hash: string;
}

/** What a log-in is judged by, in one round trip. */
export async function findCredentials(tx: Reader, tenant_id: string, email: string) {
  const [users, tenants] = await tx.queries<[(User & { password_hash: string })[], Tenant[]]>([
    sql`SELECT ${userColumns}, password_hash FROM users
      WHERE tenant_id = ${tenant_id} AND email = ${email.toLowerCase()}`,
    tenantById(tenant_id),
  ]);
  const [found] = users;
  if (found === undefined) return undefined;
  const { password_hash, ...user } = found;
  return { user, password_hash, tenant: only(tenants) } satisfies Credentials;
}

export async function insertSession(tx: TenantTransaction, user_id: string): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    sql`INSERT INTO sessions (tenant_id, user_id, created_at)
      VALUES (${tx.tenant.id}, ${user_id}, ${tx.tenant.now()}) RETURNING id`,
  );
  return only(rows).id;
}

export function endSession(tx: TenantTransaction, id: string): void {
  tx.queue(sql`
    UPDATE sessions SET ended_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id} AND ended_at IS NULL`);
}

export function insertRefreshToken(
  tx: TenantTransaction,
  token: { session_id: string; token_hash: Buffer; expires_at: Temporal.Instant },
): void {
  tx.queue(sql`
    INSERT INTO refresh_tokens (tenant_id, session_id, token_hash, expires_at)
    VALUES (${tx.tenant.id}, ${token.session_id}, ${token.token_hash}, ${token.expires_at})`);
}

export type StoredRefreshToken = RefreshToken & { id: string; session_id: string; user_id: string };

/** Locks the token: of two uses at once, the second one sees the first. */
export async function lockRefreshToken(tx: TenantTransaction, hash: Buffer) {
  const [token] = await tx.query<StoredRefreshToken>(
    sql`SELECT token.id, session_id, user_id, expires_at, used_at, ended_at
      FROM refresh_tokens AS token
      JOIN sessions ON sessions.tenant_id = token.tenant_id AND sessions.id = session_id
      WHERE token.tenant_id = ${tx.tenant.id} AND token_hash = ${hash}
      FOR UPDATE OF token`,
  );
  return token;
}

export function useRefreshToken(tx: TenantTransaction, id: string): void {
  tx.queue(sql`
    UPDATE refresh_tokens SET used_at = coalesce(used_at, ${tx.tenant.now()})
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}
