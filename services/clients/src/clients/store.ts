import {
  type Page,
  type PageRequest,
  page,
  type Reader,
  type Refusals,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import type { Definition } from '../custom-fields/custom-field.ts';
import { definitions } from '../custom-fields/store.ts';
import { clientsMade } from '../meters.ts';
import { type Duplicate, duplicateStatements, enter, type Reach } from '../search/store.ts';
import { allTags, tagKey } from '../search/terms.ts';
import { type Gone, requireThere } from './client.ts';

export type Client = Output<typeof contract.routes.getClient>;
export type Tag = Output<typeof contract.routes.listTags>['data'][number];

export const columns: Sql = sql`
  id, version, kind, name, first_name, last_name, company_name, email, phone, time_zone, locale,
  external_id, tags, custom_fields, status, archived_at, created_at, updated_at`;

const refusals: Refusals = {
  one_client_per_external_id: () =>
    conflict('external_id_taken', 'Another client has this external id.'),
};

/** What a new client is decided on: its id, the fields of the business, who has its e-mail. */
export async function prepareClient(tx: TenantTransaction, reach: Reach) {
  const tenant_id = tx.tenant.id;
  const [lock, duplicates] = duplicateStatements(tenant_id, reach);
  const [, , found, fields, [made]] = await tx.queries<
    [unknown[], unknown[], Duplicate[], Definition[], { id: string }[]]
  >([enter(tenant_id), lock, duplicates, definitions(tenant_id), sql`SELECT uuidv7() AS id`]);
  return { id: (made as { id: string }).id, found, fields };
}

/** Its id, unless it was merged or erased. */
export const clientThere = (tenant_id: string, id: string): Sql =>
  sql`SELECT tenant_id, id FROM clients
    WHERE tenant_id = ${tenant_id} AND id = ${id} AND gone_at IS NULL`;

/** A page of what belongs to the client: `columns` of those rows of `table` that are `which`. */
export async function findPageOfClient<T extends { id: string }>(
  tx: Reader,
  of: { tenant_id: string; client_id: string },
  { columns: own, table, which = sql`` }: { columns: Sql; table: Sql; which?: Sql },
  query: PageRequest,
): Promise<Page<T>> {
  const { tenant_id, client_id } = of;
  const { position, order, of: pageOf } = page(query);
  const [clients, rows] = await tx.queries<[unknown[], T[]]>([
    clientThere(tenant_id, client_id),
    sql`SELECT ${own} FROM ${table} WHERE tenant_id = ${tenant_id} AND client_id = ${client_id}
      ${which} ${position} ${order}`,
  ]);
  if (clients.length === 0) throw notFound('client');
  return pageOf(rows);
}

/** Whether it is among the archived ones, or in use. */
export const archivedOrNot = (archived: 'true' | 'false'): Sql =>
  sql`AND (archived_at IS NOT NULL) = ${archived}::boolean`;

export const clientForUpdate = (tenant_id: string, id: string): Sql =>
  sql`SELECT ${columns} FROM clients WHERE tenant_id = ${tenant_id} AND id = ${id}
    AND gone_at IS NULL FOR UPDATE`;

/** The client, nobody else changing it, and what a change of it is decided on. */
export async function lockClient(tx: TenantTransaction, id: string, reach: Reach = {}) {
  const tenant_id = tx.tenant.id;
  const [lock, duplicates] = duplicateStatements(tenant_id, reach);
  const [, [client], , found, fields] = await tx.queries<
    [unknown[], Client[], unknown[], Duplicate[], Definition[]]
  >([enter(tenant_id), clientForUpdate(tenant_id, id), lock, duplicates, definitions(tenant_id)]);
  if (client === undefined) throw notFound('client');
  return { client, found, fields };
}

export function insertClient(tx: TenantTransaction, client: Client): void {
  const { id } = tx.tenant;
  tx.queue(
    sql`INSERT INTO clients (tenant_id, ${columns}) VALUES (${id}, ${client.id}, ${client.version},
      ${client.kind}, ${client.name}, ${client.first_name}, ${client.last_name},
      ${client.company_name}, ${client.email}, ${client.phone}, ${client.time_zone},
      ${client.locale}, ${client.external_id}, ${client.tags}::text[],
      ${JSON.stringify(client.custom_fields)}::jsonb, ${client.status}, ${client.archived_at},
      ${client.created_at}, ${client.updated_at})`,
    refusals,
  );
  clientsMade.countAfter(tx, { source: 'form' });
}

export function updateClient(tx: TenantTransaction, client: Client): void {
  tx.queue(
    sql`UPDATE clients SET version = ${client.version}, kind = ${client.kind},
      name = ${client.name}, first_name = ${client.first_name}, last_name = ${client.last_name},
      company_name = ${client.company_name}, email = ${client.email}, phone = ${client.phone},
      time_zone = ${client.time_zone}, locale = ${client.locale},
      external_id = ${client.external_id}, tags = ${client.tags}::text[],
      custom_fields = ${JSON.stringify(client.custom_fields)}::jsonb, status = ${client.status},
      archived_at = ${client.archived_at}, updated_at = ${client.updated_at}
      WHERE tenant_id = ${tx.tenant.id} AND id = ${client.id}`,
    refusals,
  );
}

export async function findClient(tx: Reader, tenant_id: string, id: string): Promise<Client> {
  const [row] = await tx.query<Client & Gone>(
    sql`SELECT ${columns}, gone_at, merged_into FROM clients
      WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('client');
  const { gone_at, merged_into, ...client } = row;
  requireThere({ gone_at, merged_into });
  return client;
}

/** Keeps the spelling of each tag that is new to the business. */
export function saveTags(tx: TenantTransaction, tags: readonly string[]): void {
  if (tags.length === 0) return;
  // Sorted, so that two who bring the same tags wait for each other instead of deadlocking.
  const sorted = tags.toSorted((one, other) => (tagKey(one) < tagKey(other) ? -1 : 1));
  tx.queue(sql`
    INSERT INTO tags (tenant_id, key, name)
    SELECT ${tx.tenant.id}, key, name
    FROM unnest(${sorted.map(tagKey)}::text[], ${sorted}::text[]) AS tag (key, name)
    ON CONFLICT DO NOTHING`);
}

export async function findTags(
  tx: Reader,
  tenant_id: string,
  query: PageRequest,
): Promise<Page<Tag>> {
  const { position, order, of } = page(query, 'text');
  const rows = await tx.query<Tag>(sql`
    SELECT id, key, name FROM tags WHERE tenant_id = ${tenant_id} AND EXISTS (
      SELECT FROM search_terms carried WHERE carried.tenant_id = ${tenant_id}
        AND carried.term = ${allTags.low} || key) ${position} ${order}`);
  return of(rows);
}
