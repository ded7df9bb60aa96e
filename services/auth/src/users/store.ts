import { type Database, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { Role } from '@roundhouse/service/contract';
import { only } from '../rows.ts';

export interface User {
  id: string;
  version: number;
  email: string;
  first_name: string;
  last_name: string;
  roles: Role[];
  /** Its access tokens with a lower one are refused. */
  token_version: number;
  created_at: Temporal.Instant;
}

export type NewUser = Omit<User, 'id' | 'version' | 'token_version' | 'created_at'> & { password_hash: string };

export const userColumns = sql`
  id, version, email, first_name, last_name, roles, token_version, created_at`;

export async function tenantsOfEmail(database: Database, email: string): Promise<string[]> {
  const rows = await database.lookup<{ id: string }>(
    sql`SELECT tenants_of_email(${email.toLowerCase()}) AS id`,
  );
  return rows.map(({ id }) => id);
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

export const userById = (tenant_id: string, id: string) =>
  sql`SELECT ${userColumns} FROM users WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function findUser(tx: Reader, tenant_id: string, id: string) {
  const [user] = await tx.query<User>(userById(tenant_id, id));
  return user;
}
