import { type Knex, tenantTable } from '@roundhouse/database/migration';
// Today's terms, and no copy of those of back then: whoever changes what a client is found by
// writes a migration that fills the table anew, and a database that comes this way takes that, too.
import { clientTerms } from '../src/search/terms.ts';

/** Rows are read and written by so many at once. */
const BATCH = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * What clients are found by: words, e-mails, phones, tags. Under row-level security an index serves
 * leakproof operators alone, and so no LIKE, trigram or tsvector; `<` and `>=` on text are, so a
 * prefix is a range of terms. By bytes, so that what begins alike lies together.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE search_terms (
      tenant_id uuid NOT NULL,
      client_id uuid NOT NULL,
      term text COLLATE "C" NOT NULL,
      source_id uuid NOT NULL -- the client itself, or the contact that has it
    );
    CREATE TABLE tags (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      key text COLLATE "C" NOT NULL, -- the tag without case and accents
      name text NOT NULL,
      PRIMARY KEY (tenant_id, key)
    );`);
  await fill(knex);
  await tenantTable(knex, 'search_terms', { app: 'SELECT, INSERT, DELETE' });
  await tenantTable(knex, 'tags', { app: 'SELECT, INSERT' });
}

/**
 * The clients of before: the owner sees them while the wall does not hold it back. Keys and index
 * come after the rows: 200,000 clients, which have three million terms, take 50 s on two busy
 * cores, and took 120 s the other way round. No service runs meanwhile.
 */
async function fill(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE clients NO FORCE ROW LEVEL SECURITY');
  const { rows: all } = await knex.raw('SELECT count(*)::int AS count FROM clients');
  let done = 0;
  for (let last = [FIRST, FIRST]; ; ) {
    const { rows } = await knex.raw(
      `SELECT tenant_id, id, name, email, phone FROM clients
        WHERE (tenant_id, id) > (?::uuid, ?::uuid) ORDER BY tenant_id, id LIMIT ${BATCH}`,
      last,
    );
    if (rows.length === 0) break;
    const terms = rows.map((row: Parameters<typeof clientTerms>[0]) => clientTerms(row));
    await knex.raw(
      `INSERT INTO search_terms (tenant_id, client_id, source_id, term)
        SELECT tenant_id, id, id, jsonb_array_elements_text(terms) FROM
          unnest(?::uuid[], ?::uuid[], ?::jsonb[]) AS of (tenant_id, id, terms)`,
      [
        rows.map((row: { tenant_id: string }) => row.tenant_id),
        rows.map((row: { id: string }) => row.id),
        terms.map((of: string[]) => JSON.stringify(of)),
      ],
    );
    done += rows.length;
    last = [rows.at(-1).tenant_id, rows.at(-1).id];
  }
  if (done !== all[0].count) throw new Error(`${done} of ${all[0].count} clients have terms.`);
  await knex.raw(`
    ALTER TABLE search_terms
      ADD PRIMARY KEY (tenant_id, client_id, term, source_id),
      ADD FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id);
    CREATE INDEX clients_by_term ON search_terms (tenant_id, term, client_id);
    ALTER TABLE clients FORCE ROW LEVEL SECURITY;`);
}
