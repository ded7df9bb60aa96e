import {
  type Reader,
  redactAnswers,
  redactAudit,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import { redactEvents } from '@roundhouse/events';
import { type Address, columns as addressColumns } from '../addresses/store.ts';
import { type Client, columns, updateClient } from '../clients/store.ts';
import { type Contact, columns as contactColumns } from '../contacts/store.ts';
import { type Note, columns as noteColumns } from '../notes/store.ts';
import { closeDoor } from '../search/store.ts';
import { tagKey } from '../search/terms.ts';
import { ERASED_NAME } from './erasure.ts';

export interface PersonalData {
  client: Client;
  /** Those that were merged into it. */
  merged: Client[];
  contacts: Contact[];
  addresses: Address[];
  notes: Note[];
}

type Rows = [Client[], Client[], Contact[], Address[], Note[]];

/** All that the service knows of a client who is there. */
function statements(tenant_id: string, id: string, lock: Sql): Sql[] {
  const theirs = sql`WHERE tenant_id = ${tenant_id} AND client_id = ${id} ORDER BY id`;
  return [
    sql`SELECT ${columns} FROM clients
      WHERE tenant_id = ${tenant_id} AND id = ${id} AND gone_at IS NULL ${lock}`,
    sql`SELECT ${columns} FROM clients
      WHERE tenant_id = ${tenant_id} AND merged_into = ${id} ORDER BY id`,
    sql`SELECT ${contactColumns} FROM contacts ${theirs}`,
    sql`SELECT ${addressColumns} FROM addresses ${theirs}`,
    sql`SELECT ${noteColumns} FROM notes ${theirs}`,
  ];
}

function found([[client], merged, contacts, addresses, notes]: Rows): PersonalData {
  if (client === undefined) throw notFound('client');
  return { client, merged, contacts, addresses, notes };
}

export async function findPersonalData(
  tx: Reader,
  tenant_id: string,
  id: string,
): Promise<PersonalData> {
  return found(await tx.queries<Rows>(statements(tenant_id, id, sql``)));
}

/** The same, while nobody else changes anything of any client of the business. */
export async function lockPersonalData(tx: TenantTransaction, id: string): Promise<PersonalData> {
  const { id: tenant_id } = tx.tenant;
  const [, ...rows] = await tx.queries<[unknown[], ...Rows]>([
    closeDoor(tenant_id),
    ...statements(tenant_id, id, sql`FOR UPDATE`),
  ]);
  return found(rows);
}

/** A tag that nobody else carries goes with the one who did. */
function deleteTags(tx: TenantTransaction, clients: Client[]): void {
  const keys = clients.flatMap(({ tags }) => tags.map(tagKey));
  tx.queue(sql`
    DELETE FROM tags WHERE tenant_id = ${tx.tenant.id} AND key = ANY (${keys}::text[])
      AND NOT EXISTS (SELECT FROM search_terms carried
        WHERE carried.tenant_id = ${tx.tenant.id} AND carried.term = '#' || key)`);
}

/**
 * Takes out all that tells of the person. First the rows, for which it waits, then what the trail
 * says of them: whoever was just changing one has written there by then.
 */
export function saveErasure(tx: TenantTransaction, data: PersonalData, after: Client[]): void {
  const { id: tenant_id, now } = tx.tenant;
  const ids = after.map(({ id }) => id);
  const gone = sql`WHERE tenant_id = ${tenant_id} AND client_id = ANY (${ids}::uuid[])`;
  for (const table of [sql`notes`, sql`addresses`, sql`contacts`, sql`search_terms`]) {
    tx.queue(sql`DELETE FROM ${table} ${gone}`);
  }
  for (const client of after) updateClient(tx, client);
  tx.queue(sql`
    UPDATE clients SET gone_at = ${now()}
    WHERE tenant_id = ${tenant_id} AND id = ANY (${ids}::uuid[])`);
  deleteTags(tx, [data.client, ...data.merged]);
  const subjects = { client: after, contact: data.contacts, address: data.addresses };
  for (const [subject_type, rows] of Object.entries({ ...subjects, note: data.notes })) {
    redactAudit(tx, { subject_type, subject_ids: rows.map(({ id }) => id) });
  }
  const reach = { name: ERASED_NAME, email: null, phone: null };
  redactEvents(tx, { subjects: ids, blank: reach });
  // Older events do not have these.
  redactEvents(tx, { subjects: ids, blank: { locale: null, external_id: null } });
  redactAnswers(tx, { values: ids, except: ['importClients'] });
}
