import { audit, auditAll, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import { publishAll } from '@roundhouse/events';
import { type Address, columns as addressColumns } from '../addresses/store.ts';
import { type Client, columns as clientColumns, saveTags } from '../clients/store.ts';
import { type Contact, columns as contactColumns } from '../contacts/store.ts';
import { ClientChanged, ClientCreated } from '../events.ts';
import { closeDoor } from '../search/store.ts';
import { clientTerms, type Findable } from '../search/terms.ts';
import { type ImportPlan, type SentRow, termsOf } from './import.ts';

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
    sql`SELECT ${contactColumns} FROM contacts WHERE tenant_id = ${tenant_id}
      AND client_id = ANY (${all}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
    sql`SELECT ${addressColumns} FROM addresses WHERE tenant_id = ${tenant_id}
      AND client_id = ANY (${all}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
    sql`SELECT id FROM clients WHERE tenant_id = ${tenant_id} AND id = ANY (${all}::uuid[])
      AND gone_at IS NOT NULL`,
  ]);
  const owners = new Map<string, string[]>();
  for (const { term, client_id } of owned) {
    owners.set(term, [...(owners.get(term) ?? []), client_id]);
  }
  const unused = made.values();
  const newId = () => (unused.next().value as { id: string }).id;
  return { clients, contacts, addresses, owners, gone: new Set(gone.map(({ id }) => id)), newId };
}

type Written = Pick<ImportPlan, 'created' | 'updated' | 'contacts' | 'addresses'>;

/** Rows as a statement takes them: arrays and times in the spelling of JSON. */
const asJson = (rows: readonly object[]) => JSON.stringify(rows);

const refusals = {
  one_client_per_external_id: () =>
    conflict('external_id_taken', 'Another client has just got one of the external ids.'),
};

function saveClients(tx: TenantTransaction, { created, updated }: Written): void {
  const { id } = tx.tenant;
  const shape = sql`(id uuid, version bigint, kind text, name text, first_name text,
    last_name text, company_name text, email text, phone text, time_zone text, locale text,
    external_id text, tags text[], custom_fields jsonb, status text, archived_at timestamptz,
    created_at timestamptz, updated_at timestamptz)`;
  tx.queue(
    sql`INSERT INTO clients (tenant_id, ${clientColumns})
      SELECT ${id}, ${clientColumns}
      FROM jsonb_to_recordset(${asJson(created)}::jsonb) AS row ${shape}`,
    refusals,
  );
  tx.queue(
    sql`UPDATE clients SET version = row.version, kind = row.kind, name = row.name,
        first_name = row.first_name, last_name = row.last_name, company_name = row.company_name,
        email = row.email, phone = row.phone, time_zone = row.time_zone, locale = row.locale,
        external_id = row.external_id, tags = row.tags, custom_fields = row.custom_fields,
        status = row.status, updated_at = row.updated_at
      FROM jsonb_to_recordset(${asJson(updated.map(({ after }) => after))}::jsonb) AS row ${shape}
      WHERE clients.tenant_id = ${id} AND clients.id = row.id`,
    refusals,
  );
}

function saveDetails(tx: TenantTransaction, { contacts, addresses }: Written): void {
  const { id } = tx.tenant;
  tx.queue(sql`
    INSERT INTO contacts (tenant_id, ${contactColumns})
    SELECT ${id}, ${contactColumns} FROM jsonb_to_recordset(${asJson(contacts)}::jsonb) AS row
      (id uuid, client_id uuid, version bigint, name text, roles text[], primary_for text[],
       email text, phone text, preferred_channel text, archived_at timestamptz,
       created_at timestamptz, updated_at timestamptz)`);
  const columns = sql`id, client_id, version, label, lines, city, region, postal_code, country,
    latitude, longitude, time_zone, access_notes, primary_for, created_at, updated_at`;
  tx.queue(sql`
    INSERT INTO addresses (tenant_id, ${columns})
    SELECT ${id}, ${columns} FROM jsonb_to_recordset(${asJson(addresses)}::jsonb) AS row
      (id uuid, client_id uuid, version bigint, label text, lines text[], city text, region text,
       postal_code text, country text, latitude numeric, longitude numeric, time_zone text,
       access_notes text, primary_for text[], created_at timestamptz, updated_at timestamptz)`);
}

interface TermsOf {
  client_id: string;
  source_id: string;
  of: Findable;
}

/** Each source is found by its terms and by no others. */
function saveAllTerms(tx: TenantTransaction, sources: TermsOf[]): void {
  const { id } = tx.tenant;
  const rows = sources.flatMap(({ client_id, source_id, of }) =>
    clientTerms(of).map((term) => ({ client_id, source_id, term })),
  );
  tx.queue(sql`
    DELETE FROM search_terms WHERE tenant_id = ${id}
      AND client_id = ANY (${sources.map(({ client_id }) => client_id)}::uuid[])
      AND source_id = ANY (${sources.map(({ source_id }) => source_id)}::uuid[])`);
  tx.queue(sql`
    INSERT INTO search_terms (tenant_id, client_id, source_id, term)
    SELECT ${id}, client_id, source_id, term
    FROM unnest(${rows.map(({ client_id }) => client_id)}::uuid[],
      ${rows.map(({ source_id }) => source_id)}::uuid[], ${rows.map(({ term }) => term)}::text[])
      AS row (client_id, source_id, term)`);
}

/** So many rows of each kind are one round trip: others get their turn between two. */
const STRIDE = 250;

const parts = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / STRIDE) }, (_, at) =>
    all.slice(at * STRIDE, (at + 1) * STRIDE),
  );

/** All that the plan says; the clients first, then what is theirs. */
export async function saveImport(tx: TenantTransaction, plan: Written): Promise<void> {
  const nothing: Written = { created: [], updated: [], contacts: [], addresses: [] };
  const all = [
    ...parts(plan.created).map((created) => ({ ...nothing, created })),
    ...parts(plan.updated).map((updated) => ({ ...nothing, updated })),
    ...parts(plan.contacts).map((contacts) => ({ ...nothing, contacts })),
    ...parts(plan.addresses).map((addresses) => ({ ...nothing, addresses })),
  ];
  for (const part of all) {
    savePart(tx, part);
    await tx.queries([]);
  }
}

function savePart(tx: TenantTransaction, plan: Written): void {
  const { created, updated, contacts, addresses } = plan;
  saveClients(tx, plan);
  saveDetails(tx, plan);
  const changed = [...created, ...updated.map(({ after }) => after)];
  saveTags(tx, [...new Set(changed.flatMap(({ tags }) => tags))]);
  saveAllTerms(tx, [
    ...changed.map((client) => ({ client_id: client.id, source_id: client.id, of: client })),
    ...contacts.map((contact) => ({
      client_id: contact.client_id,
      source_id: contact.id,
      of: contact,
    })),
  ]);
  const said = (data: Client) => ({ subject: data.id, data });
  publishAll(tx, ClientCreated, created.map(said));
  publishAll(
    tx,
    ClientChanged,
    updated.map(({ after }) => said(after)),
  );
  const action = 'importClients';
  const of = (subject_type: string) => (after: { id: string }) => ({
    action,
    subject_type,
    subject_id: after.id,
    after,
  });
  auditAll(tx, [
    ...created.map(of('client')),
    ...updated.map(({ before, after }) => ({ ...of('client')(after), before })),
    ...contacts.map(of('contact')),
    ...addresses.map(of('address')),
  ]);
}

/** Who took all of it away, and when: it matters as much as who changed something. */
export function noteExport(tx: TenantTransaction, after: object): void {
  audit(tx, { action: 'exportClients', subject_type: 'tenant', subject_id: tx.tenant.id, after });
}
