import type { TenantTransaction } from '@roundhouse/database';
import { type Page, type PageRequest, page, type Reader, sql } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import type { contract } from './contract.ts';

export type Client = Output<typeof contract.routes.getClient>;
export type NewClient = Pick<Client, 'name' | 'email' | 'phone' | 'time_zone'>;
export type ClientChanges = Partial<NewClient & Pick<Client, 'status'>>;

const columns = sql`
  id, version, name, email, phone, time_zone, status, created_at, updated_at`;

export async function insertClient(tx: TenantTransaction, client: NewClient): Promise<Client> {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const [row] = await tx.query<Client>(sql`
    INSERT INTO clients (tenant_id, name, email, phone, time_zone, created_at, updated_at)
    VALUES (${id}, ${client.name}, ${client.email}, ${client.phone}, ${client.time_zone},
      ${now}, ${now})
    RETURNING ${columns}`);
  return row as Client;
}

export async function findClient(tx: Reader, tenant_id: string, id: string): Promise<Client> {
  const [row] = await tx.query<Client>(
    sql`SELECT ${columns} FROM clients WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('client');
  return row;
}

export async function lockClient(tx: TenantTransaction, id: string): Promise<Client> {
  const [row] = await tx.query<Client>(
    sql`SELECT ${columns} FROM clients WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
  );
  if (row === undefined) throw notFound('client');
  return row;
}

export function updateClient(tx: TenantTransaction, client: Client): void {
  tx.queue(sql`
    UPDATE clients SET version = ${client.version}, name = ${client.name}, email = ${client.email},
      phone = ${client.phone}, time_zone = ${client.time_zone}, status = ${client.status},
      updated_at = ${client.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${client.id}`);
}

export async function findClients(
  tx: Reader,
  tenant_id: string,
  query: PageRequest,
): Promise<Page<Client>> {
  const { position, order, of } = page(query, query.sort.endsWith('name') ? 'text' : 'timestamptz');
  const rows = await tx.query<Client>(
    sql`SELECT ${columns} FROM clients WHERE tenant_id = ${tenant_id} ${position} ${order}`,
  );
  return of(rows);
}
