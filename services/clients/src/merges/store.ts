import { type Sql, sql, type TenantTransaction } from '@roundhouse/database';
import { invalid, notFound } from '@roundhouse/errors';
import { type Client, columns, updateClient } from '../clients/store.ts';
import { type Contact, insertContact } from '../contacts/store.ts';
import { enter, saveTerms } from '../search/store.ts';

interface Uses {
  uses: string[];
}

export interface Pair {
  kept: Client;
  other: Client;
  /** What contacts, and what addresses, of the kept one are primary for already. */
  taken: { contacts: string[]; addresses: string[] };
  /** What is the other one's, and will be the kept one's. */
  moving: { contacts: string[]; addresses: string[]; notes: string[] };
  /** For a contact that is added. */
  contact_id: string;
}

const tables = { contacts: sql`contacts`, addresses: sql`addresses`, notes: sql`notes` };

/**
 * Both clients, nobody else changing either. In the order of their ids: who merges them the other
 * way around at once waits, and finds one of them gone.
 */
export async function lockPair(
  tx: TenantTransaction,
  kept_id: string,
  other_id: string,
): Promise<Pair> {
  const { id } = tx.tenant;
  const ids = (table: Sql) => sql`
    SELECT id FROM ${table} WHERE tenant_id = ${id} AND client_id = ${other_id} ORDER BY id`;
  const uses = (table: Sql) => sql`
    SELECT coalesce(array_agg(use), '{}') AS uses
    FROM ${table}, unnest(primary_for) AS use
    WHERE tenant_id = ${id} AND client_id = ${kept_id}`;
  const [, clients, contacts, addresses, notes, [ofContacts], [ofAddresses], [made]] =
    await tx.queries<[unknown[], Client[], Named[], Named[], Named[], Uses[], Uses[], Named[]]>([
      enter(id),
      sql`SELECT ${columns} FROM clients WHERE tenant_id = ${id}
        AND id = ANY (${[kept_id, other_id]}::uuid[]) AND gone_at IS NULL ORDER BY id FOR UPDATE`,
      ids(tables.contacts),
      ids(tables.addresses),
      ids(tables.notes),
      uses(tables.contacts),
      uses(tables.addresses),
      sql`SELECT uuidv7() AS id`,
    ]);
  const kept = clients.find((client) => client.id === kept_id);
  const other = clients.find((client) => client.id === other_id);
  if (kept === undefined) throw notFound('client');
  if (other === undefined) {
    throw invalid('client_unknown', '/other_id', 'There is no such client, or not any more.');
  }
  const all = (rows: Named[]) => rows.map((row) => row.id);
  return {
    kept,
    other,
    taken: { contacts: ofContacts?.uses ?? [], addresses: ofAddresses?.uses ?? [] },
    moving: { contacts: all(contacts), addresses: all(addresses), notes: all(notes) },
    contact_id: (made as Named).id,
  };
}

interface Named {
  id: string;
}

/** One of each use is the primary one: what the kept client has none for comes with what moves. */
function moveDetails(tx: TenantTransaction, { kept, other, taken }: Pair): void {
  const { id, now } = tx.tenant;
  const move = (table: Sql, also: Sql) =>
    tx.queue(sql`
      UPDATE ${table} SET client_id = ${kept.id}, version = version + 1,
        updated_at = ${now()}${also}
      WHERE tenant_id = ${id} AND client_id = ${other.id}`);
  const primary = (uses: string[]) => sql`, primary_for = ARRAY(
    SELECT use FROM unnest(primary_for) AS use WHERE use <> ALL (${uses}::text[]))`;
  move(tables.contacts, primary(taken.contacts));
  move(tables.addresses, primary(taken.addresses));
  move(tables.notes, sql``);
}

/** The kept client is found by the contacts that it got; the other one by nothing any more. */
function moveTerms(tx: TenantTransaction, { kept, other }: Pair): void {
  const { id } = tx.tenant;
  tx.queue(sql`
    INSERT INTO search_terms (tenant_id, client_id, source_id, term)
    SELECT ${id}, ${kept.id}, source_id, term FROM search_terms
    WHERE tenant_id = ${id} AND client_id = ${other.id} AND source_id <> ${other.id}
    ON CONFLICT DO NOTHING`);
  tx.queue(sql`
    DELETE FROM search_terms WHERE tenant_id = ${id} AND client_id = ${other.id}`);
}

export interface Outcome {
  kept: Client;
  gone: Client;
  contact: Contact | undefined;
}

/** All that a merge writes of its own, with the commit. */
export function saveMerge(tx: TenantTransaction, pair: Pair, outcome: Outcome): void {
  const { kept, gone, contact } = outcome;
  const { id } = tx.tenant;
  // First it lets go of its external id, which the kept one may take.
  tx.queue(sql`
    UPDATE clients SET external_id = NULL WHERE tenant_id = ${id} AND id = ${gone.id}`);
  updateClient(tx, kept);
  updateClient(tx, gone);
  tx.queue(sql`
    UPDATE clients SET gone_at = ${gone.updated_at}, merged_into = ${kept.id}
    WHERE tenant_id = ${id} AND id = ${gone.id}`);
  // Who was merged into it before lives on where it does.
  tx.queue(sql`
    UPDATE clients SET merged_into = ${kept.id}
    WHERE tenant_id = ${id} AND merged_into = ${gone.id}`);
  moveDetails(tx, pair);
  moveTerms(tx, pair);
  saveTerms(tx, { client_id: kept.id, source_id: kept.id }, kept);
  if (contact === undefined) return;
  insertContact(tx, contact);
  saveTerms(tx, { client_id: kept.id, source_id: contact.id }, contact);
}
