import { sql, type Tenant, type TenantTransaction } from '@roundhouse/database';
import { DomainError } from '@roundhouse/errors';

/** What bookings keeps of a client: personal data, cleared when the client is erased. */
export interface ClientCopy {
  id: string;
  version: number;
  name: string;
  email: string | null;
  phone: string | null;
  status: 'active' | 'barred';
}

/** Keeps what the owner told, unless something newer is here already: order is not promised. */
export function saveClient(tx: TenantTransaction, client: ClientCopy): void {
  const { id, version, name, email, phone, status } = client;
  tx.queue(sql`
    INSERT INTO clients AS kept (tenant_id, id, version, name, email, phone, status)
    VALUES (${tx.tenant.id}, ${id}, ${version}, ${name}, ${email}, ${phone}, ${status})
    ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version, name = excluded.name,
      email = excluded.email, phone = excluded.phone, status = excluded.status
    WHERE kept.version < excluded.version`);
}

/** The client that the named one lives on in, or itself. */
const livesOnIn = (tenant_id: string, id: string) =>
  sql`coalesce((SELECT merged_into FROM clients WHERE tenant_id = ${tenant_id} AND id = ${id}),
    ${id}::uuid)`;

/** The client; of a merged one, the one that it lives on in. */
export const clientById = (tenant_id: string, id: string) =>
  sql`SELECT id, version, name, email, phone, status FROM clients
    WHERE tenant_id = ${tenant_id} AND id = ${livesOnIn(tenant_id, id)}`;

/** The named one, merged or not; nobody merges or erases it until the transaction ends. */
export const lockClient = (tenant_id: string, id: string) =>
  sql`SELECT id FROM clients WHERE tenant_id = ${tenant_id} AND id = ${id} FOR SHARE`;

/** In sorted order, so that what is told of the same clients at once waits its turn. */
export const lockClients = (tenant_id: string, ids: readonly string[]) =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${tenant_id} client `} || id, 0)) AS locked
    FROM unnest(${ids.toSorted()}::text[]) AS id`;

export interface Merge {
  kept: ClientCopy;
  merged_id: string;
  merged_version: number;
}

/**
 * What is the merged client's is the kept one's, but for what was agreed. Merges may be told in any
 * order: whoever is merged into a merged one lives on where that one does. Of the merged one the
 * copy keeps that, and nothing of the person.
 */
export function followMerge(tx: TenantTransaction, { kept, merged_id, merged_version }: Merge) {
  const { id, now } = tx.tenant;
  const target = livesOnIn(id, kept.id);
  tx.queue(lockClients(id, [kept.id, merged_id]));
  saveClient(tx, kept);
  tx.queue(sql`
    INSERT INTO clients AS copy (tenant_id, id, version, name, status, merged_into)
    VALUES (${id}, ${merged_id}, ${merged_version}, '', ${kept.status}, ${target})
    ON CONFLICT (tenant_id, id) DO UPDATE SET version = excluded.version, name = '', email = NULL,
      phone = NULL, merged_into = excluded.merged_into
    WHERE copy.version < excluded.version`);
  tx.queue(sql`
    UPDATE clients SET merged_into = ${target}
    WHERE tenant_id = ${id} AND merged_into = ${merged_id}`);
  tx.queue(sql`
    UPDATE quotes SET contact = jsonb_set(contact, '{client_id}', to_jsonb(${target})),
      version = quotes.version + 1, updated_at = ${now()}
    FROM charters WHERE charters.tenant_id = ${id} AND charters.client_id = ${merged_id}
      AND quotes.tenant_id = ${id} AND quotes.charter_id = charters.id
      AND quotes.status IN ('draft', 'sent')`);
  tx.queue(sql`
    UPDATE charters SET client_id = ${target}, version = version + 1, updated_at = ${now()}
    WHERE tenant_id = ${id} AND client_id = ${merged_id}`);
}

/** Asks the owner for a client that we have not heard of, and keeps the answer. */
export async function fetchClient(
  tenant: Tenant,
  askOwner: () => Promise<ClientCopy>,
): Promise<ClientCopy | undefined> {
  try {
    const client = await askOwner();
    await tenant.transaction(async (tx) => saveClient(tx, client), { framed: false });
    return client;
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'not_found') return undefined;
    throw error;
  }
}
