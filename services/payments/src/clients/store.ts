import { type Sql, sql, type Tenant, type TenantTransaction } from '@roundhouse/database';

const CLEARED = JSON.stringify({ name: 'Erased client', email: null, phone: null });

const lockOf = (tenant_id: string) => `${tenant_id} client `;

/** Whoever writes down that clients are gone waits for those who make schedules of theirs. */
const lockClients = (tenant_id: string, ids: readonly string[]): Sql =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${lockOf(tenant_id)} || id, 0)) AS locked
    FROM unnest(${ids.toSorted()}::text[]) AS id`;

/**
 * Whoever makes a schedule of the client holds off those: it could come in unseen just when its
 * client goes. Schedules of one client do not wait for each other: consumers take batches, and two
 * batches would, each with a client that the other wants, until one is a deadlock's victim.
 */
export const holdClient = (tenant_id: string, id: string): Sql =>
  sql`SELECT pg_advisory_xact_lock_shared(
    hashtextextended(${lockOf(tenant_id)} || ${id}::text, 0)) AS held`;

/** The client that this one lives on in, or itself. */
export const livesOnIn = (tenant_id: string, client_id: string): Sql =>
  sql`coalesce((SELECT merged_into FROM gone_clients
    WHERE tenant_id = ${tenant_id} AND client_id = ${client_id}), ${client_id}::uuid)`;

/**
 * The schedules of the merged client are the kept one's; an invoice keeps whom it was billed to.
 * Merges may be told in any order: who is merged into a merged one lives on where that one does.
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

/** What an invoice is to be made of stays until it is: then it is the invoice that keeps it. */
const clear = ({ id: tenant_id, now }: Tenant, which: Sql): Sql => sql`
  UPDATE schedules SET contact = contact || ${CLEARED}::jsonb, version = version + 1,
    updated_at = ${now()}
  WHERE tenant_id = ${tenant_id} AND ${which}
    AND EXISTS (SELECT FROM invoices
      WHERE invoices.tenant_id = ${tenant_id} AND invoices.schedule_id = schedules.id)`;

/** Forgets erased clients, but for what they are billed to, or will be. */
export function eraseClients(tx: TenantTransaction, ids: readonly string[]): void {
  const { id, now } = tx.tenant;
  tx.queue(lockClients(id, ids));
  tx.queue(sql`
    INSERT INTO gone_clients (tenant_id, client_id, erased_at)
    SELECT ${id}, client_id, ${now()}::timestamptz FROM unnest(${[...ids]}::uuid[]) AS client_id
    ON CONFLICT (tenant_id, client_id) DO UPDATE SET erased_at = excluded.erased_at`);
  const theirs = sql`client_id = ANY (${[...ids]}::uuid[])`;
  // Whoever issues an invoice just now holds the schedule: it is there once the wait is over.
  tx.queue(sql`
    SELECT id FROM schedules WHERE tenant_id = ${id} AND ${theirs} ORDER BY id FOR UPDATE`);
  tx.queue(clear(tx.tenant, theirs));
}

/** Its invoice is issued: of an erased client nothing else has to stay. */
export function clearIfErased(tx: TenantTransaction, schedule_id: string): void {
  const { id } = tx.tenant;
  tx.queue(
    clear(
      tx.tenant,
      sql`schedules.id = ${schedule_id} AND EXISTS (SELECT FROM gone_clients gone
        WHERE gone.tenant_id = ${id} AND gone.client_id = schedules.client_id
          AND gone.erased_at IS NOT NULL)`,
    ),
  );
}
