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

export const clientById = (tenant_id: string, id: string) =>
  sql`SELECT id, version, name, email, phone, status FROM clients
    WHERE tenant_id = ${tenant_id} AND id = ${id}`;

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
