import type { Knex } from '@roundhouse/database/migration';

/**
 * A client that was merged or erased is gone, but its row stays: others name it for good. Whatever
 * is gone is archived too, so that each index of the archived ones leaves it out by one more look.
 * The columns are added without a rewrite; the checks read the table once, under its lock.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE clients
      ADD gone_at timestamptz,
      -- The client that it lives on in, never a merged one; of an erased one there is none.
      ADD merged_into uuid,
      ADD FOREIGN KEY (tenant_id, merged_into) REFERENCES clients (tenant_id, id),
      ADD CHECK (gone_at IS NULL OR archived_at IS NOT NULL),
      ADD CHECK (merged_into IS NULL OR (gone_at IS NOT NULL AND merged_into <> id));
    CREATE INDEX merged_clients ON clients (tenant_id, merged_into) WHERE merged_into IS NOT NULL;
    GRANT DELETE ON contacts, addresses, notes, tags TO clients_app;`);
}
