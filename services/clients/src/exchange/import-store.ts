import { audit, auditAll, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import { publishAll } from '@roundhouse/events';
import type { Address } from '../addresses/store.ts';
import { type Client, columns as clientColumns, saveTags } from '../clients/store.ts';
import { type Contact, columns as contactColumns } from '../contacts/store.ts';
import { ClientChanged, ClientCreated } from '../events.ts';
import { clientsMade } from '../meters.ts';
import { closeDoor } from '../search/store.ts';
import { clientTerms, type Findable } from '../search/terms.ts';
import { type ImportPlan, type SentRow, termsOf } from './import.ts';
import { STRIDE } from './states.ts';
import { detailStatements } from './store.ts';

export interface Found {
  clients: Client[];
  contacts: Contact[];
  addresses: Address[];
  owners: Map<string, string[]>;
  /** Those of the clients that were merged or erased. */
  gone: Set<string>;
  /** A new id each time, as often as the rows may need one. */
  newId: () => string;
}

/**
 * Whom the rows may be about, nobody else changing them; and until the end of the transaction
 * nobody else of the business enters a client or a contact.
 */
export async function lockWhatRowsName(tx: TenantTransaction, rows: SentRow[]): Promise<Found> {
  const tenant_id = tx.tenant.id;
  const named = rows.flatMap(({ id }) => id ?? []);
  const external = rows.flatMap(({ client }) => client.external_id ?? []);
  const terms = [...new Set(rows.flatMap(termsOf))];
  const [, owned, made] = await tx.queries<
    [unknown[], { term: string; client_id: string }[], { id: string }[]]
  >([
    closeDoor(tenant_id),
    sql`SELECT DISTINCT found.term, client_id FROM search_terms found
      JOIN clients client ON client.tenant_id = found.tenant_id AND client.id = found.client_id
      WHERE found.tenant_id = ${tenant_id} AND found.term = ANY (${terms}::text[])
        AND client.archived_at IS NULL`,
    // A client, a contact and an address each.
    sql`SELECT uuidv7() AS id FROM generate_series(1, ${3 * rows.length}::int)`,
  ]);
  const ids = [...new Set([...named, ...owned.map(({ client_id }) => client_id)])];
  const clients = await tx.query<Client>(sql`
    SELECT ${clientColumns} FROM clients WHERE tenant_id = ${tenant_id}
      AND (id = ANY (${ids}::uuid[]) OR external_id = ANY (${external}::text[]))
    ORDER BY id FOR UPDATE`);
  const all = clients.map(({ id }) => id);
  const [contacts, addresses, gone] = await tx.queries<[Contact[], Address[], { id: string }[]]>([
    ...detailStatements(tenant_id, all),
    sql`SELECT id FROM clients WHERE tenant_id = ${tenant_id} AND id = ANY (${all}::uuid[])
      AND gone_at IS NOT NULL`,
  ]);
  const rowsOf = Map.groupBy(owned, ({ term }) => term);
  const owners = new Map(
    [...rowsOf].map(([term, having]) => [term, having.map(({ client_id }) => client_id)]),
  );
  const unused = made.values();
  const newId = () => (unused.next().value as { id: string }).id;
  return { clients, contacts, addresses, owners, gone: new Set(gone.map(({ id }) => id)), newId };
}

/** Rows as a statement takes them: arrays and times in the spelling of JSON. */
const asJson = (rows: readonly object[]) => JSON.stringify(rows);

const refusals = {
  one_client_per_external_id: () =>
    conflict('external_id_taken', 'Another client has just got one of the external ids.'),
};

const clientShape = sql`(id uuid, version bigint, kind text, name text, first_name text,
  last_name text, company_name text, email text, phone text, time_zone text, locale text,
  external_id text, tags text[], custom_fields jsonb, status text, archived_at timestamptz,
  created_at timestamptz, updated_at timestamptz)`;

interface TermsOf {
  client_id: string;
  source_id: string;
  of: Findable;
}

const termsOfClient = (client: Client): TermsOf => ({
  client_id: client.id,
  source_id: client.id,
  of: client,
});

function insertTerms(tx: TenantTransaction, sources: TermsOf[]): void {
  const rows = sources.flatMap(({ client_id, source_id, of }) =>
    clientTerms(of).map((term) => ({ client_id, source_id, term })),
  );
  tx.queue(sql`
    INSERT INTO search_terms (tenant_id, client_id, source_id, term)
    SELECT ${tx.tenant.id}, client_id, source_id, term
    FROM unnest(${rows.map(({ client_id }) => client_id)}::uuid[],
      ${rows.map(({ source_id }) => source_id)}::uuid[], ${rows.map(({ term }) => term)}::text[])
      AS row (client_id, source_id, term)`);
}

const saveAllTags = (tx: TenantTransaction, clients: Client[]): void =>
  saveTags(tx, [...new Set(clients.flatMap(({ tags }) => tags))]);

const said = (data: Client) => ({ subject: data.id, data });

const entry = (subject_type: string) => (after: { id: string }) => ({
  action: 'importClients',
  subject_type,
  subject_id: after.id,
  after,
});

function insertClients(tx: TenantTransaction, created: Client[]): void {
  tx.queue(
    sql`INSERT INTO clients (tenant_id, ${clientColumns})
      SELECT ${tx.tenant.id}, ${clientColumns}
      FROM jsonb_to_recordset(${asJson(created)}::jsonb) AS row ${clientShape}`,
    refusals,
  );
  saveAllTags(tx, created);
  insertTerms(tx, created.map(termsOfClient));
  publishAll(tx, ClientCreated, created.map(said));
  auditAll(tx, created.map(entry('client')));
  clientsMade.countAfter(tx, { source: 'import' }, created.length);
}

function updateClients(tx: TenantTransaction, updated: ImportPlan['updated']): void {
  const { id } = tx.tenant;
  const after = updated.map((one) => one.after);
  const ids = after.map((client) => client.id);
  tx.queue(
    sql`UPDATE clients SET version = row.version, kind = row.kind, name = row.name,
        first_name = row.first_name, last_name = row.last_name, company_name = row.company_name,
        email = row.email, phone = row.phone, time_zone = row.time_zone, locale = row.locale,
        external_id = row.external_id, tags = row.tags, custom_fields = row.custom_fields,
        status = row.status, updated_at = row.updated_at
      FROM jsonb_to_recordset(${asJson(after)}::jsonb) AS row ${clientShape}
      WHERE clients.tenant_id = ${id} AND clients.id = row.id`,
    refusals,
  );
  saveAllTags(tx, after);
  tx.queue(sql`
    DELETE FROM search_terms WHERE tenant_id = ${id} AND client_id = ANY (${ids}::uuid[])
      AND source_id = client_id`);
  insertTerms(tx, after.map(termsOfClient));
  publishAll(tx, ClientChanged, after.map(said));
  auditAll(
    tx,
    updated.map((one) => ({ ...entry('client')(one.after), before: one.before })),
  );
}

function insertContacts(tx: TenantTransaction, contacts: Contact[]): void {
  tx.queue(sql`
    INSERT INTO contacts (tenant_id, ${contactColumns})
    SELECT ${tx.tenant.id}, ${contactColumns}
    FROM jsonb_to_recordset(${asJson(contacts)}::jsonb) AS row
      (id uuid, client_id uuid, version bigint, name text, roles text[], primary_for text[],
       email text, phone text, preferred_channel text, archived_at timestamptz,
       created_at timestamptz, updated_at timestamptz)`);
  insertTerms(
    tx,
    contacts.map((of) => ({ client_id: of.client_id, source_id: of.id, of })),
  );
  auditAll(tx, contacts.map(entry('contact')));
}

function insertAddresses(tx: TenantTransaction, addresses: Address[]): void {
  const columns = sql`id, client_id, version, label, lines, city, region, postal_code, country,
    latitude, longitude, time_zone, access_notes, primary_for, created_at, updated_at`;
  tx.queue(sql`
    INSERT INTO addresses (tenant_id, ${columns})
    SELECT ${tx.tenant.id}, ${columns} FROM jsonb_to_recordset(${asJson(addresses)}::jsonb) AS row
      (id uuid, client_id uuid, version bigint, label text, lines text[], city text, region text,
       postal_code text, country text, latitude numeric, longitude numeric, time_zone text,
       access_notes text, primary_for text[], created_at timestamptz, updated_at timestamptz)`);
  auditAll(tx, addresses.map(entry('address')));
}

/** Some rows at a time, each time as one round trip. */
async function inParts<T>(
  tx: TenantTransaction,
  all: readonly T[],
  save: (tx: TenantTransaction, part: T[]) => void,
): Promise<void> {
  for (let from = 0; from < all.length; from += STRIDE) {
    save(tx, all.slice(from, from + STRIDE));
    await tx.queries([]);
  }
}

/** All that the plan says; the clients first, then what is theirs. */
export async function saveImport(tx: TenantTransaction, plan: ImportPlan): Promise<void> {
  await inParts(tx, plan.created, insertClients);
  await inParts(tx, plan.updated, updateClients);
  await inParts(tx, plan.contacts, insertContacts);
  await inParts(tx, plan.addresses, insertAddresses);
}

/** Who took all of it away, and when: it matters as much as who changed something. */
export function noteExport(tx: TenantTransaction, after: object): void {
  audit(tx, { action: 'exportClients', subject_type: 'tenant', subject_id: tx.tenant.id, after });
}
