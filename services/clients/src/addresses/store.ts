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

/** With its access notes; without them is what all but one answer shows. */
export type Address = Output<typeof contract.routes.getAddress>;

export const columns: Sql = sql`
  id, client_id, version, label, lines, city, region, postal_code, country,
  latitude::float8 AS latitude, longitude::float8 AS longitude, time_zone, access_notes,
  access_notes IS NOT NULL AS has_access_notes, primary_for, archived_at, created_at, updated_at`;

const primariesOf = (tenant_id: string, client_id: Sql): Sql =>
  sql`SELECT id, primary_for FROM addresses WHERE tenant_id = ${tenant_id}
    AND client_id = ${client_id} AND cardinality(primary_for) > 0`;

/**
 * What a new address is decided on. The client is locked, so that no two addresses become the
 * primary one at once.
 */
export async function prepareAddress(tx: TenantTransaction, client_id: string) {
  const tenant_id = tx.tenant.id;
  const [[client], primaries, [made]] = await tx.queries<[Client[], Primary[], { id: string }[]]>([
    clientForUpdate(tenant_id, client_id),
    primariesOf(tenant_id, sql`${client_id}`),
    sql`SELECT uuidv7() AS id`,
  ]);
  if (client === undefined) throw notFound('client');
  return { id: (made as { id: string }).id, client, primaries };
}

/** The address and its client, nobody else changing either. */
export async function lockAddress(tx: TenantTransaction, id: string) {
  const tenant_id = tx.tenant.id;
  const client_id = sql`
    (SELECT client_id FROM addresses WHERE tenant_id = ${tenant_id} AND id = ${id})`;
  const [[client], [address], primaries] = await tx.queries<
    [Pick<Client, 'id' | 'archived_at'>[], Address[], Primary[]]
  >([
    // First the client, as everybody does: who locks in one order does not deadlock.
    sql`SELECT id, archived_at FROM clients WHERE tenant_id = ${tenant_id} AND id = ${client_id}
      AND gone_at IS NULL FOR UPDATE`,
    sql`SELECT ${columns} FROM addresses
      WHERE tenant_id = ${tenant_id} AND id = ${id} FOR UPDATE`,
    primariesOf(tenant_id, client_id),
  ]);
  if (address === undefined) throw notFound('address');
  if (client === undefined) throw movedMeanwhile();
  return { client, address, primaries };
}

export function insertAddress(tx: TenantTransaction, address: Address): void {
  tx.queue(sql`
    INSERT INTO addresses (tenant_id, id, client_id, version, label, lines, city, region,
      postal_code, country, latitude, longitude, time_zone, access_notes, primary_for, created_at,
      updated_at)
    VALUES (${tx.tenant.id}, ${address.id}, ${address.client_id}, ${address.version},
      ${address.label}, ${address.lines}::text[], ${address.city}, ${address.region},
      ${address.postal_code}, ${address.country}, ${address.latitude}, ${address.longitude},
      ${address.time_zone}, ${address.access_notes}, ${address.primary_for}::text[],
      ${address.created_at}, ${address.updated_at})`);
}

export function updateAddress(tx: TenantTransaction, address: Address): void {
  tx.queue(sql`
    UPDATE addresses SET version = ${address.version}, label = ${address.label},
      lines = ${address.lines}::text[], city = ${address.city}, region = ${address.region},
      postal_code = ${address.postal_code}, country = ${address.country},
      latitude = ${address.latitude}, longitude = ${address.longitude},
      time_zone = ${address.time_zone}, access_notes = ${address.access_notes},
      primary_for = ${address.primary_for}::text[], archived_at = ${address.archived_at},
      updated_at = ${address.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${address.id}`);
}

export async function findAddress(tx: Reader, tenant_id: string, id: string): Promise<Address> {
  const [row] = await tx.query<Address>(
    sql`SELECT ${columns} FROM addresses WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('address');
  return row;
}

export const findAddresses = (
  tx: Reader,
  of: { tenant_id: string; client_id: string },
  query: PageRequest & { archived: 'true' | 'false' },
): Promise<Page<Address>> =>
  findPageOfClient(
    tx,
    of,
    { columns, table: sql`addresses`, which: archivedOrNot(query.archived) },
    query,
  );
