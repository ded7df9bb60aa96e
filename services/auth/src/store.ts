import { type Database, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { Role, TenantSettings } from '@roundhouse/service/contract';
import type { RefreshToken } from './session.ts';

export type Tenant = TenantSettings & { subdomain: string };

export interface User {
  id: string;
  version: number;
  email: string;
  first_name: string;
  last_name: string;
  roles: Role[];
  created_at: Temporal.Instant;
}

export type NewUser = Omit<User, 'id' | 'version' | 'created_at'> & { password_hash: string };

const tenantColumns = sql`
  tenant_id AS id, name, subdomain, vertical, time_zone, currency, version`;
const userColumns = sql`id, version, email, first_name, last_name, roles, created_at`;

const only = <T>(rows: T[]): T => {
  const [row] = rows;
  if (row === undefined) throw new Error('A row that must be there is not.');
  return row;
};

export async function tenantsOfEmail(database: Database, email: string): Promise<string[]> {
  const rows = await database.lookup<{ id: string }>(
    sql`SELECT tenants_of_email(${email.toLowerCase()}) AS id`,
  );
  return rows.map(({ id }) => id);
}

export async function tenantOfSubdomain(database: Database, subdomain: string) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_subdomain(${subdomain}) AS id`,
  );
  return row?.id ?? undefined;
}

export async function tenantOfRefreshToken(database: Database, hash: Buffer) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_refresh_token(${hash}) AS id`,
  );
  return row?.id ?? undefined;
}

export async function newTenantId(database: Database): Promise<string> {
  const rows = await database.lookup<{ id: string }>(sql`SELECT uuidv7() AS id`);
  return only(rows).id;
}

export function insertTenant(tx: TenantTransaction, tenant: Tenant): void {
  const { id, name, subdomain, vertical, time_zone, currency, version } = tenant;
  tx.queue(
    sql`INSERT INTO tenants (tenant_id, name, subdomain, vertical, time_zone, currency, version,
        created_at)
      VALUES (${id}, ${name}, ${subdomain}, ${vertical}, ${time_zone}, ${currency}, ${version},
        ${tx.tenant.now()})`,
    { one_tenant_per_subdomain: () => conflict('subdomain_taken', 'This subdomain is taken.') },
  );
}

export async function findTenant(tx: Reader, tenant_id: string): Promise<Tenant> {
  return only(
    await tx.query<Tenant>(
      sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_id = ${tenant_id}`,
    ),
  );
}

export async function insertUser(tx: TenantTransaction, user: NewUser): Promise<User> {
  const rows = await tx.query<User>(
    sql`INSERT INTO users
        (tenant_id, email, password_hash, first_name, last_name, roles, created_at)
      VALUES (${tx.tenant.id}, ${user.email.toLowerCase()}, ${user.password_hash},
        ${user.first_name}, ${user.last_name}, ${user.roles}, ${tx.tenant.now()})
      RETURNING ${userColumns}`,
    { one_user_per_email: () => conflict('email_taken', 'There is a user with this e-mail.') },
  );
  return only(rows);
}

export async function findUser(tx: Reader, tenant_id: string, id: string) {
  const [user] = await tx.query<User>(
    sql`SELECT ${userColumns} FROM users WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  return user;
}

/** A user and its business, in one round trip. */
export async function findAccount(tx: Reader, tenant_id: string, user_id: string) {
  const [users, tenants] = await tx.queries<[User[], Tenant[]]>([
    sql`SELECT ${userColumns} FROM users WHERE tenant_id = ${tenant_id} AND id = ${user_id}`,
    sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_id = ${tenant_id}`,
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
    sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_id = ${tenant_id}`,
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
