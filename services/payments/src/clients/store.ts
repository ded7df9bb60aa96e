import { type Sql, sql, type TenantTransaction } from '@roundhouse/database';

/**
 * Whoever writes down whose schedule it is, or that a client is gone, waits for the others of the
 * same client: else a schedule could come in unseen just when its client goes.
 */
export const lockClients = (tenant_id: string, ids: readonly string[]): Sql =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${tenant_id} client `} || id, 0)) AS locked
    FROM unnest(${ids.toSorted()}::text[]) AS id`;

/** The client that this one lives on in, or itself. */
export const livesOnIn = (tenant_id: string, client_id: string): Sql =>
  sql`coalesce((SELECT merged_into FROM gone_clients
    WHERE tenant_id = ${tenant_id} AND client_id = ${client_id}), ${client_id}::uuid)`;

/**
 * The schedules of the merged client are the kept one's; an invoice keeps whom it was billed to.
 * Merges may be told in any order: whoever is merged into a merged one lives on where that one does.
 */
export function followMerge(tx: TenantTransaction, kept_id: string, merged_id: string): void {
  const { id, now } = tx.tenant;
  const target = livesOnIn(id, kept_id);
  tx.queue(lockClients(id, [kept_id, merged_id]));
  tx.queue(sql`
    INSERT INTO gone_clients (tenant_id, client_id, merged_into)
    VALUES (${id}, ${merged_id}, ${target}) ON CONFLICT DO NOTHING`);
  tx.queue(sql`
    UPDATE gone_clients SET merged_into = ${target}
    WHERE tenant_id = ${id} AND merged_into = ${merged_id}`);
  tx.queue(sql`
    UPDATE schedules SET contact = jsonb_set(contact, '{client_id}', to_jsonb(${target})),
      version = version + 1, updated_at = ${now()}
    WHERE tenant_id = ${id} AND client_id = ${merged_id}`);
}
