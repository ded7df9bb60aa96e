import {
  type Database,
  type Page,
  type PageRequest,
  page,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { only } from '../rows.ts';
import { factorOf, type SecondFactor } from '../second-factor/store.ts';
import { type Tenant, tenantById } from '../tenants/store.ts';
import { type User, userById, userColumns } from '../users/store.ts';
import {
  type Challenge,
  credentialsRefused,
  type RefreshToken,
  shortUserAgent,
  usableSince,
} from './session.ts';

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
  /** Whether a code is asked for after the password. */
  has_second_factor: boolean;
}

type CredentialsRow = User & Pick<Credentials, 'password_hash' | 'has_second_factor'>;

/** What a log-in is judged by, in one round trip. */
export async function findCredentials(tx: Reader, tenant_id: string, email: string) {
  const [users, tenants] = await tx.queries<[CredentialsRow[], Tenant[]]>([
    sql`SELECT ${userColumns}, password_hash, EXISTS (
        SELECT FROM second_factors WHERE tenant_id = ${tenant_id} AND user_id = users.id
          AND confirmed_at IS NOT NULL) AS has_second_factor
      FROM users WHERE tenant_id = ${tenant_id} AND email = ${email.toLowerCase()}`,
    tenantById(tenant_id),
  ]);
  const [found] = users;
  if (found === undefined) return undefined;
  const { password_hash, has_second_factor, ...user } = found;
  return { user, password_hash, has_second_factor, tenant: only(tenants) } satisfies Credentials;
}

export interface SessionSource {
  user_agent?: string | null;
  /** When the code was right, where one was asked for. */
  second_factor_at?: Temporal.Instant | null;
}

/**
 * Of the user as he proved who he is: what was proved with a password that another request has
 * changed meanwhile opens nothing. It waits for whoever is just changing him.
 */
export async function insertSession(
  tx: TenantTransaction,
  user: Pick<User, 'id' | 'token_version'>,
  { user_agent = null, second_factor_at = null }: SessionSource = {},
): Promise<string> {
  const { id: tenant_id, origin } = tx.tenant;
  const now = tx.tenant.now();
  const [row] = await tx.query<{ id: string }>(
    sql`INSERT INTO sessions (tenant_id, user_id, created_at, last_used_at, address, user_agent,
        second_factor_at)
      SELECT tenant_id, id, ${now}::timestamptz, ${now}::timestamptz, ${origin.address}::text,
        ${shortUserAgent(user_agent)}::text, ${second_factor_at}::timestamptz
      FROM users WHERE tenant_id = ${tenant_id} AND id = ${user.id}
        AND token_version = ${user.token_version} AND deactivated_at IS NULL
      FOR SHARE
      RETURNING id`,
  );
  if (row === undefined) throw credentialsRefused();
  return row.id;
}

export function useSession(tx: TenantTransaction, id: string): void {
  tx.queue(sql`
    UPDATE sessions SET last_used_at = ${tx.tenant.now()}, address = ${tx.tenant.origin.address}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}

export interface EndedSession {
  session_id: string;
  user_id: string;
}

/** Ends the sessions of a user: the one named, or all but one. Answers those that were open. */
export async function endSessions(
  tx: TenantTransaction,
  user_id: string,
  which: { id?: string; but?: string } = {},
): Promise<EndedSession[]> {
  const { id, but } = which;
  const named = id === undefined ? sql`` : sql`AND id = ${id}`;
  const others = but === undefined ? sql`` : sql`AND id <> ${but}`;
  return tx.query<EndedSession>(sql`
    UPDATE sessions SET ended_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id} AND ended_at IS NULL
      ${named} ${others}
    RETURNING id AS session_id, user_id`);
}

export async function isSessionOf(tx: Reader, user_id: string, id: string, tenant_id: string) {
  const rows = await tx.query(sql`
    SELECT id FROM sessions WHERE tenant_id = ${tenant_id} AND id = ${id}
      AND user_id = ${user_id}`);
  return rows.length > 0;
}

export interface Session {
  id: string;
  user_id: string;
  created_at: Temporal.Instant;
  last_used_at: Temporal.Instant;
  address: string | null;
  user_agent: string | null;
  second_factor_at: Temporal.Instant | null;
}

/** Those that are open: not ended, and used recently enough to have a token that is good. */
export async function findSessions(
  tx: Reader,
  { tenant_id, user_id, now }: { tenant_id: string; user_id: string; now: Temporal.Instant },
  query: PageRequest,
): Promise<Page<Session>> {
  const { position, order, of } = page(query);
  const rows = await tx.query<Session>(sql`
    SELECT id, user_id, created_at, coalesce(last_used_at, created_at) AS last_used_at, address,
      user_agent, second_factor_at
    FROM sessions WHERE tenant_id = ${tenant_id} AND user_id = ${user_id} AND ended_at IS NULL
      AND coalesce(last_used_at, created_at) > ${usableSince(now)} ${position} ${order}`);
  return of(rows);
}

/** The successor of a token is there already when the token comes again within its grace. */
export function insertRefreshToken(
  tx: TenantTransaction,
  token: { session_id: string; token_hash: Buffer; expires_at: Temporal.Instant },
): void {
  tx.queue(sql`
    INSERT INTO refresh_tokens (tenant_id, session_id, token_hash, expires_at)
    VALUES (${tx.tenant.id}, ${token.session_id}, ${token.token_hash}, ${token.expires_at})
    ON CONFLICT (token_hash) DO NOTHING`);
}

export type StoredRefreshToken = RefreshToken & { id: string; session_id: string; user_id: string };

/**
 * Locks the token: of two uses at once, the second one sees the first. And before it the user, as
 * whoever changes him does: a change of the password ends the tokens that it sees, and of a use
 * that is under way it would not see the successor.
 */
export async function lockRefreshToken(tx: TenantTransaction, hash: Buffer) {
  const [token] = await tx.query<StoredRefreshToken>(
    sql`SELECT token.id, session_id, user_id, expires_at, used_at, ended_at
      FROM refresh_tokens AS token
      JOIN sessions ON sessions.tenant_id = token.tenant_id AND sessions.id = session_id
      JOIN users ON users.tenant_id = token.tenant_id AND users.id = user_id
      WHERE token.tenant_id = ${tx.tenant.id} AND token_hash = ${hash}
      FOR SHARE OF users FOR UPDATE OF token`,
  );
  return token;
}

export function useRefreshToken(tx: TenantTransaction, id: string): void {
  tx.queue(sql`
    UPDATE refresh_tokens SET used_at = coalesce(used_at, ${tx.tenant.now()})
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}

export async function insertChallenge(
  tx: TenantTransaction,
  user_id: string,
  expires_at: Temporal.Instant,
): Promise<string> {
  const rows = await tx.query<{ id: string }>(sql`
    INSERT INTO login_challenges (tenant_id, user_id, expires_at)
    VALUES (${tx.tenant.id}, ${user_id}, ${expires_at}) RETURNING id`);
  return only(rows).id;
}

export type StoredChallenge = Challenge & { user_id: string };

const challengeById = (tenant_id: string, id: string) => sql`
  SELECT user_id, expires_at, used_at FROM login_challenges
  WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function findChallenge(tx: Reader, tenant_id: string, id: string) {
  const [challenge] = await tx.query<StoredChallenge>(challengeById(tenant_id, id));
  return challenge;
}

/**
 * All that decides a log-in with a code, in one trip. The factor's lock stands for the challenge as
 * well: a challenge is of one user, and whoever waited for the lock reads it afterwards.
 */
export async function lockChallenge(
  tx: TenantTransaction,
  { id, user_id }: { id: string; user_id: string },
) {
  const tenant_id = tx.tenant.id;
  const [factors, challenges, users, tenants] = await tx.queries<
    [SecondFactor[], StoredChallenge[], User[], Tenant[]]
  >([
    sql`${factorOf(tenant_id, user_id)} FOR UPDATE`,
    challengeById(tenant_id, id),
    userById(tenant_id, user_id),
    tenantById(tenant_id),
  ]);
  const account = { user: only(users), tenant: only(tenants) };
  return { factor: factors[0], challenge: challenges[0], ...account };
}

/** Log-ins that wait for their code after a password that is the former one now. */
export function endChallengesOf(tx: TenantTransaction, user_id: string): void {
  tx.queue(sql`
    UPDATE login_challenges SET used_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id} AND used_at IS NULL`);
}

export function useChallenge(tx: TenantTransaction, id: string): void {
  tx.queue(sql`
    UPDATE login_challenges SET used_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}
