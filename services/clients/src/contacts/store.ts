import {
  type Page,
  type PageRequest,
  type Reader,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import { movedMeanwhile } from '../clients/client.ts';
import type { Primary } from '../clients/primary.ts';
import { archivedOrNot, type Client, clientForUpdate, findPageOfClient } from '../clients/store.ts';
import type { contract } from '../contract.ts';
import { type Duplicate, duplicateStatements, enter, type Reach } from '../search/store.ts';

export type Contact = Output<typeof contract.routes.getContact>;

export const columns: Sql = sql`
  id, client_id, version, name, roles, primary_for, email, phone, preferred_channel, archived_at,
  created_at, updated_at`;

const primariesOf = (tenant_id: string, client_id: Sql): Sql =>
  sql`SELECT id, primary_for FROM contacts WHERE tenant_id = ${tenant_id}
    AND client_id = ${client_id} AND cardinality(primary_for) > 0`;

/**
 * What a new contact is decided on. The client is locked, so that no two contacts become the
 * primary one at once.
 */
export async function prepareContact(tx: TenantTransaction, client_id: string, reach: Reach) {
  const tenant_id = tx.tenant.id;
  const [lock, duplicates] = duplicateStatements(tenant_id, reach);
  const [, [client], , found, primaries, [made]] = await tx.queries<
    [unknown[], Client[], unknown[], Duplicate[], Primary[], { id: string }[]]
  >([
    enter(tenant_id),
    clientForUpdate(tenant_id, client_id),
    lock,
    duplicates,
    primariesOf(tenant_id, sql`${client_id}`),
    sql`SELECT uuidv7() AS id`,
  ]);
  if (client === undefined) throw notFound('client');
  const id = (made as { id: string }).id;
  return { id, client, found, primaries };
}

/** The contact and its client, nobody else changing either. */
export async function lockContact(tx: TenantTransaction, id: string, reach: Reach = {}) {
  const tenant_id = tx.tenant.id;
  const [lock, duplicates] = duplicateStatements(tenant_id, reach);
  const client_id = sql`
    (SELECT client_id FROM contacts WHERE tenant_id = ${tenant_id} AND id = ${id})`;
  const [, [client], [contact], , found, primaries] = await tx.queries<
    [unknown[], Pick<Client, 'id' | 'archived_at'>[], Contact[], unknown[], Duplicate[], Primary[]]
  >([
    enter(tenant_id),
    // First the client, as everybody does: who locks in one order does not deadlock.
    sql`SELECT id, archived_at FROM clients WHERE tenant_id = ${tenant_id} AND id = ${client_id}
      AND gone_at IS NULL FOR UPDATE`,
    sql`SELECT ${columns} FROM contacts WHERE tenant_id = ${tenant_id} AND id = ${id} FOR UPDATE`,
    lock,
    duplicates,
    primariesOf(tenant_id, client_id),
  ]);
  if (contact === undefined) throw notFound('contact');
  if (client === undefined) throw movedMeanwhile();
  return { client, contact, found, primaries };
}

export function insertContact(tx: TenantTransaction, contact: Contact): void {
  tx.queue(sql`
    INSERT INTO contacts (tenant_id, ${columns}) VALUES (${tx.tenant.id}, ${contact.id},
      ${contact.client_id}, ${contact.version}, ${contact.name}, ${contact.roles}::text[],
      ${contact.primary_for}::text[], ${contact.email}, ${contact.phone},
      ${contact.preferred_channel}, ${contact.archived_at}, ${contact.created_at},
      ${contact.updated_at})`);
}

export function updateContact(tx: TenantTransaction, contact: Contact): void {
  tx.queue(sql`
    UPDATE contacts SET version = ${contact.version}, name = ${contact.name},
      roles = ${contact.roles}::text[], primary_for = ${contact.primary_for}::text[],
      email = ${contact.email}, phone = ${contact.phone},
      preferred_channel = ${contact.preferred_channel}, archived_at = ${contact.archived_at},
      updated_at = ${contact.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${contact.id}`);
}

export async function findContact(tx: Reader, tenant_id: string, id: string): Promise<Contact> {
  const [row] = await tx.query<Contact>(
    sql`SELECT ${columns} FROM contacts WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('contact');
  return row;
}

export const findContacts = (
  tx: Reader,
  of: { tenant_id: string; client_id: string },
  query: PageRequest & { archived: 'true' | 'false' },
): Promise<Page<Contact>> =>
  findPageOfClient(
    tx,
    of,
    { columns, table: sql`contacts`, which: archivedOrNot(query.archived) },
    query,
  );
