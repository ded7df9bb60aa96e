import {
  type Database,
  type Page,
  type PageRequest,
  page,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import type { Role } from '@roundhouse/service/contract';
import { only } from '../rows.ts';
import {
  activeUsers,
  lockedTenant,
  type Seats,
  type Tenant,
  tenantById,
} from '../tenants/store.ts';

export interface User {
  id: string;
  version: number;
  email: string;
  first_name: string;
  last_name: string;
  roles: Role[];
  token_version: number;
  email_verified_at: Temporal.Instant | null;
  deactivated_at: Temporal.Instant | null;
  created_at: Temporal.Instant;
}

export type NewUser = Pick<User, 'email' | 'first_name' | 'last_name' | 'roles'> & {
  password_hash: string;
};
/** Whose sandbox it is, as it enters it. */
export type UserCopy = User & { password_hash: string };

export const userColumns = sql`id, version, email, first_name, last_name, roles, token_version,
  email_verified_at, deactivated_at, created_at`;

export const emailTaken = {
  one_user_per_email: () => conflict('email_taken', 'There is a user with this e-mail.'),
};

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
    emailTaken,
  );
  return only(rows);
}

/** Writes the user under an id that is known already; answers it as it will be. */
export function addUser(
  tx: TenantTransaction,
  { password_hash, ...user }: NewUser & Pick<User, 'id' | 'email_verified_at'>,
): User {
  const email = user.email.toLowerCase();
  const created_at = tx.tenant.now();
  tx.queue(
    sql`INSERT INTO users (tenant_id, id, email, password_hash, first_name, last_name, roles,
        email_verified_at, created_at)
      VALUES (${tx.tenant.id}, ${user.id}, ${email}, ${password_hash}, ${user.first_name},
        ${user.last_name}, ${user.roles}, ${user.email_verified_at}, ${created_at})`,
    emailTaken,
  );
  return { ...user, email, version: 1, token_version: 1, deactivated_at: null, created_at };
}

export const userById = (tenant_id: string, id: string) =>
  sql`SELECT ${userColumns} FROM users WHERE tenant_id = ${tenant_id} AND id = ${id}`;

function foundUser([user]: User[]): User {
  if (user === undefined) throw notFound('user');
  return user;
}

export async function findUser(tx: Reader, tenant_id: string, id: string) {
  const [user] = await tx.query<User>(userById(tenant_id, id));
  return user;
}

/** With the password's hash, which leaves this file for a copy or a comparison alone. */
export async function lockAccount(tx: TenantTransaction, id: string) {
  const [tenants, found] = await tx.queries<[Tenant[], UserCopy[]]>([
    tenantById(tx.tenant.id),
    sql`SELECT ${userColumns}, password_hash FROM users
      WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
  ]);
  const [user] = found;
  if (user === undefined) throw notFound('user');
  return { business: only(tenants), user };
}

/**
 * The business first and then the user, in one trip: what is decided by the number of owners or
 * users is decided by one at a time.
 */
export async function lockUserAndSeats(tx: TenantTransaction, id: string) {
  const [tenants, users, seats] = await tx.queries<[Tenant[], User[], Seats[]]>([
    lockedTenant(tx.tenant.id),
    sql`${userById(tx.tenant.id, id)} FOR UPDATE`,
    activeUsers(tx.tenant.id),
  ]);
  return { tenant: only(tenants), user: foundUser(users), seats: only(seats) };
}

export async function lockUser(tx: TenantTransaction, id: string): Promise<User> {
  return foundUser(await tx.query<User>(sql`${userById(tx.tenant.id, id)} FOR UPDATE`));
}

export function updateUser(tx: TenantTransaction, user: User): void {
  tx.queue(
    sql`UPDATE users SET version = ${user.version}, email = ${user.email},
        first_name = ${user.first_name}, last_name = ${user.last_name}, roles = ${user.roles},
        token_version = ${user.token_version}, email_verified_at = ${user.email_verified_at},
        deactivated_at = ${user.deactivated_at}
      WHERE tenant_id = ${tx.tenant.id} AND id = ${user.id}`,
    emailTaken,
  );
}

/** A user and its business by the e-mail, in one round trip. */
export async function findUserByEmail(tx: Reader, tenant_id: string, email: string) {
  const [tenants, found] = await tx.queries<[Tenant[], User[]]>([
    tenantById(tenant_id),
    sql`SELECT ${userColumns} FROM users
      WHERE tenant_id = ${tenant_id} AND email = ${email.toLowerCase()}`,
  ]);
  return { tenant: only(tenants), user: found[0] };
}

export function updatePassword(tx: TenantTransaction, user: User, hash: string): void {
  tx.queue(sql`
    UPDATE users SET password_hash = ${hash}, version = ${user.version},
      token_version = ${user.token_version}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${user.id}`);
}

/** The session stays, and goes on with the refresh token that it is given next. */
export function endRefreshTokensOf(tx: TenantTransaction, session_id: string): void {
  const now = tx.tenant.now();
  tx.queue(sql`
    UPDATE refresh_tokens SET expires_at = ${now}
    WHERE tenant_id = ${tx.tenant.id} AND session_id = ${session_id} AND expires_at > ${now}`);
}

export interface UserQuery extends PageRequest {
  role?: Role | undefined;
  active?: 'true' | 'false' | undefined;
  q?: string | undefined;
}

const searched = sql`first_name || ' ' || last_name || ' ' || email`;

/** A business has hundreds of users, so a part of a name is looked for in each of them. */
const filtersOf = ({ role, active, q }: UserQuery) => sql`
  ${role === undefined ? sql`` : sql`AND ${role} = ANY(roles)`}
  ${active === undefined ? sql`` : sql`AND (deactivated_at IS NULL) = (${active} = 'true')`}
  ${q === undefined ? sql`` : sql`AND position(lower(${q}) IN lower(${searched})) > 0`}`;

export async function findUsers(
  tx: Reader,
  tenant_id: string,
  query: UserQuery,
): Promise<Page<User>> {
  const { position, order, of } = page(
    query,
    query.sort.endsWith('created_at') ? 'timestamptz' : 'text',
  );
  const rows = await tx.query<User>(sql`
    SELECT ${userColumns} FROM users
    WHERE tenant_id = ${tenant_id} ${filtersOf(query)} ${position} ${order}`);
  return of(rows);
}
