import type { Reader, Tenant } from '@roundhouse/database';
import type { Input } from '@roundhouse/service/contract';
import type { Address } from '../addresses/store.ts';
import { findClients } from '../clients/list-store.ts';
import type { Client } from '../clients/store.ts';
import type { Contact } from '../contacts/store.ts';
import type { contract } from '../contract.ts';
import { detailStatements } from './store.ts';

export type Filters = Input<typeof contract.routes.exportClients>['query'];

export interface Exported {
  client: Client;
  contact: Contact | undefined;
  address: Address | undefined;
}

const PAGE = 200;

/** The first that is primary for something, or else the first one. */
const chosen = <T extends { primary_for: string[] }>(own: T[] = []): T | undefined =>
  own.find(({ primary_for }) => primary_for.length > 0) ?? own[0];

const ofClient = ({ client_id }: { client_id: string }) => client_id;

async function pageOf(tx: Reader, tenant_id: string, query: Filters & { cursor?: string }) {
  const { data, next_cursor } = await findClients(tx, tenant_id, {
    ...query,
    sort: 'created_at',
    limit: PAGE,
  } as never);
  const ids = data.map(({ id }) => id);
  const [contacts, addresses] = await tx.queries<[Contact[], Address[]]>(
    detailStatements(tenant_id, ids),
  );
  const contactsOf = Map.groupBy(contacts, ofClient);
  const addressesOf = Map.groupBy(addresses, ofClient);
  const rows = data.map(
    (client): Exported => ({
      client,
      contact: chosen(contactsOf.get(client.id)),
      address: chosen(addressesOf.get(client.id)),
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
