import type { Knex } from '@roundhouse/database/migration';

/** Lets the worker sweep what the provider told long ago. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE POLICY worker ON provider_events TO payments_worker USING (true) WITH CHECK (true);
    GRANT SELECT, DELETE ON provider_events TO payments_worker;`);
}
