import type { Knex } from '@roundhouse/database/migration';

/** That a client was merged into another one, or erased: what the copy has to know of it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE clients
      -- The client that it lives on in, never a merged one.
      ADD merged_into uuid,
      ADD erased_at timestamptz;
    CREATE INDEX merged_clients ON clients (tenant_id, merged_into)
      WHERE merged_into IS NOT NULL;`);
}
