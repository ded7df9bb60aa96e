import { type Reader, sql, type Tenant } from '@roundhouse/database';
import type { Input } from '@roundhouse/service/contract';
import { type Address, columns as addressColumns } from '../addresses/store.ts';
import { findClients } from '../clients/list-store.ts';
import type { Client } from '../clients/store.ts';
import { type Contact, columns as contactColumns } from '../contacts/store.ts';
import type { contract } from '../contract.ts';
import type { Definition } from '../custom-fields/custom-field.ts';
import { definitions } from '../custom-fields/store.ts';

export type Filters = Input<typeof contract.routes.exportClients>['query'];

export interface Exported {
  client: Client;
  contact: Contact | undefined;
  address: Address | undefined;
}

/** The fields that the table has a column for, in the order in which they were made. */
export async function exportedFields(tx: Reader, tenant_id: string): Promise<Definition[]> {
  return tx.query<Definition>(sql`${definitions(tenant_id)} ORDER BY id`);
}

const PAGE = 200;

/** The first that is primary for something, or else the first one. */
function chosen<T extends { client_id: string; primary_for: string[] }>(all: T[], id: string) {
  const own = all.filter(({ client_id }) => client_id === id);
  return own.find(({ primary_for }) => primary_for.length > 0) ?? own[0];
}

async function pageOf(tx: Reader, tenant_id: string, query: Filters & { cursor?: string }) {
  const { data, next_cursor } = await findClients(tx, tenant_id, {
    ...query,
    sort: 'created_at',
    limit: PAGE,
  } as never);
  const ids = data.map(({ id }) => id);
  const [contacts, addresses] = await tx.queries<[Contact[], Address[]]>([
    sql`SELECT ${contactColumns} FROM contacts WHERE tenant_id = ${tenant_id}
      AND client_id = ANY (${ids}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
    sql`SELECT ${addressColumns} FROM addresses WHERE tenant_id = ${tenant_id}
      AND client_id = ANY (${ids}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
  ]);
  const rows = data.map(
    (client): Exported => ({
      client,
      contact: chosen(contacts, client.id),
      address: chosen(addresses, client.id),
    }),
  );
  return { rows, next_cursor };
}

/** All that fit, oldest first, a page at a time: each page is as its own moment finds it. */
export async function* exportedPages(tenant: Tenant, filters: Filters): AsyncGenerator<Exported[]> {
  let cursor: string | undefined;
  do {
    const query = { ...filters, ...(cursor === undefined ? {} : { cursor }) };
    const { rows, next_cursor } = await tenant.read((tx) => pageOf(tx, tenant.id, query));
    yield rows;
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined);
}
