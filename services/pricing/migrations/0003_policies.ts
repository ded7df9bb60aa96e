import { type Knex, tenantTable } from '@roundhouse/database/migration';

/** A row a version, never changed: what was sold under a version can be read for good. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE policies (
      tenant_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('tax_rate', 'deposit_policy')),
      version bigint NOT NULL,
      terms jsonb NOT NULL CHECK (jsonb_typeof(terms) = 'object'),
      created_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, kind, version),
      CONSTRAINT version_1_is_the_built_in_default CHECK (version > 1)
    );`);
  await tenantTable(knex, 'policies', { app: 'SELECT, INSERT' });
}
