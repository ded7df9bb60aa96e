import { type Knex, tenantTable } from '@roundhouse/database/migration';

/**
 * Who was merged into another client, or erased: their schedules are to be found by an index, and
 * one that comes late is to know. Rewrites the schedules under an exclusive lock, a second for
 * some 100,000 of them; a schedule has one row for each charter that was ever accepted.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE schedules
      ADD client_id uuid NOT NULL GENERATED ALWAYS AS ((contact ->> 'client_id')::uuid) STORED;
    CREATE INDEX schedules_by_client ON schedules (tenant_id, client_id);
    CREATE TABLE gone_clients (
      tenant_id uuid NOT NULL,
      client_id uuid NOT NULL,
      -- The client that it lives on in, never a merged one.
      merged_into uuid,
      erased_at timestamptz,
      PRIMARY KEY (tenant_id, client_id),
      CHECK (num_nonnulls(merged_into, erased_at) > 0)
    );
    CREATE INDEX merged_clients ON gone_clients (tenant_id, merged_into);`);
  await tenantTable(knex, 'gone_clients', { app: 'SELECT, INSERT, UPDATE' });
}
