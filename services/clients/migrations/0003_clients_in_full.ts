import type { Knex } from '@roundhouse/database/migration';

/**
 * Rewrites the table and makes its indexes under an exclusive lock: 8 to 10 s for 200,000 clients
 * on two cores that others used as well. No service runs meanwhile.
 *
 * `name_key` is what names are sorted by: without case and accents, byte by byte, so that no update
 * of a collation library can ever put the index out of order.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE clients
      ADD kind text NOT NULL DEFAULT 'company' CHECK (kind IN ('person', 'company')),
      ADD first_name text,
      ADD last_name text,
      ADD company_name text,
      ADD locale text,
      ADD external_id text,
      ADD tags text[] NOT NULL DEFAULT '{}',
      ADD custom_fields jsonb NOT NULL DEFAULT '{}',
      ADD archived_at timestamptz,
      ADD name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        lower(regexp_replace(normalize(name, NFKD), '[\\u0300-\\u036f]', '', 'g')
          COLLATE "pg_c_utf8")) STORED,
      ADD CONSTRAINT one_client_per_external_id UNIQUE (tenant_id, external_id);`);
  // One index for each sort of the list, and of the archived ones, which few ask for, their own:
  // a row lies in three of the six. The others find what few clients are.
  await knex.raw(`
    DROP INDEX clients_by_creation;
    DROP INDEX clients_by_name;
    CREATE INDEX clients_by_name ON clients (tenant_id, name_key, id) WHERE archived_at IS NULL;
    CREATE INDEX clients_by_creation ON clients (tenant_id, created_at, id)
      WHERE archived_at IS NULL;
    CREATE INDEX clients_by_change ON clients (tenant_id, updated_at, id)
      WHERE archived_at IS NULL;
    CREATE INDEX archived_clients_by_name ON clients (tenant_id, name_key, id)
      WHERE archived_at IS NOT NULL;
    CREATE INDEX archived_clients_by_creation ON clients (tenant_id, created_at, id)
      WHERE archived_at IS NOT NULL;
    CREATE INDEX archived_clients_by_change ON clients (tenant_id, updated_at, id)
      WHERE archived_at IS NOT NULL;
    CREATE INDEX clients_by_kind ON clients (tenant_id, kind, id);
    CREATE INDEX clients_by_status ON clients (tenant_id, status, id);
    CREATE INDEX clients_without_email ON clients (tenant_id, id) WHERE email IS NULL;`);
}
