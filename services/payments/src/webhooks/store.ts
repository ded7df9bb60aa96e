import { type Database, sql, type TenantTransaction } from '@roundhouse/database';
import type { ProviderEvent } from '../stripe.ts';

/** Whose account it is; undefined for one that is not ours. */
export async function findTenant(
  database: Database,
  provider_account_id: string | undefined,
): Promise<string | undefined> {
  if (provider_account_id === undefined) return undefined;
  const [row] = await database.lookup<{ tenant_id: string | null }>(
    sql`SELECT tenant_of_provider_account(${provider_account_id}) AS tenant_id`,
  );
  return row?.tenant_id ?? undefined;
}

/** False where it came before. */
export async function insertEvent(
  tx: TenantTransaction,
  { id, type }: ProviderEvent,
  body: string,
): Promise<boolean> {
  const rows = await tx.query(sql`
    INSERT INTO provider_events (tenant_id, event_id, type, body, received_at)
    VALUES (${tx.tenant.id}, ${id}, ${type}, ${body}, ${tx.tenant.now()})
    ON CONFLICT (tenant_id, event_id) DO NOTHING RETURNING event_id`);
  return rows.length > 0;
}
