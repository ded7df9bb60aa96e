import { type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { only } from '../rows.ts';
import { type User, userById } from '../users/store.ts';
import { type AccountLink, linkExpiry } from './account-link.ts';
import type { AccountLinkKind } from './states.ts';

const columns = sql`generation, email, expires_at, used_at`;

interface Wanted {
  user_id: string;
  kind: AccountLinkKind;
  email: string;
}

/** A new generation, which revokes the link of the one before. */
export async function renewLink(tx: TenantTransaction, wanted: Wanted): Promise<AccountLink> {
  const { user_id, kind, email } = wanted;
  const now = tx.tenant.now();
  const rows = await tx.query<AccountLink>(sql`
    INSERT INTO account_links AS kept
      (tenant_id, user_id, kind, email, generation, requested_at, expires_at)
    VALUES (${tx.tenant.id}, ${user_id}, ${kind}, ${email.toLowerCase()}, 1, ${now},
      ${linkExpiry(kind, now)})
    ON CONFLICT (tenant_id, user_id, kind) DO UPDATE SET email = excluded.email,
      generation = kept.generation + 1, requested_at = excluded.requested_at,
      expires_at = excluded.expires_at, used_at = NULL
    RETURNING ${columns}`);
  return only(rows);
}

const linkOf = (tenant_id: string, user_id: string, kind: AccountLinkKind) => sql`
  SELECT ${columns} FROM account_links
  WHERE tenant_id = ${tenant_id} AND user_id = ${user_id} AND kind = ${kind}`;

export interface LinkAndUser {
  link: AccountLink | undefined;
  user: User | undefined;
}

const both = ([[link], [user]]: [AccountLink[], User[]]): LinkAndUser => ({ link, user });

export async function findLink(
  tx: Reader,
  tenant_id: string,
  { user_id, kind }: Pick<Wanted, 'user_id' | 'kind'>,
): Promise<LinkAndUser> {
  return both(
    await tx.queries<[AccountLink[], User[]]>([
      linkOf(tenant_id, user_id, kind),
      userById(tenant_id, user_id),
    ]),
  );
}

/** Of two uses at once, the second one sees the first. */
export async function lockLink(
  tx: TenantTransaction,
  { user_id, kind }: Pick<Wanted, 'user_id' | 'kind'>,
): Promise<LinkAndUser> {
  return both(
    await tx.queries<[AccountLink[], User[]]>([
      sql`${linkOf(tx.tenant.id, user_id, kind)} FOR UPDATE`,
      sql`${userById(tx.tenant.id, user_id)} FOR UPDATE`,
    ]),
  );
}

/** Used up: by its use, or by what makes it pointless. */
export function useLink(tx: TenantTransaction, user_id: string, kind: AccountLinkKind): void {
  tx.queue(sql`
    UPDATE account_links SET used_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id} AND kind = ${kind}
      AND used_at IS NULL`);
}
