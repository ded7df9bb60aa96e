import type { Knex } from 'knex';
import { tenantTable } from './migration.ts';

/** The copy of the tenant's settings that a service keeps. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE tenant_settings (
      tenant_id uuid PRIMARY KEY,
      name text NOT NULL,
      vertical text NOT NULL,
      time_zone text NOT NULL,
      currency text NOT NULL,
      version bigint NOT NULL
    );`);
  await tenantTable(knex, 'tenant_settings', { app: 'SELECT, INSERT, UPDATE' });
}
