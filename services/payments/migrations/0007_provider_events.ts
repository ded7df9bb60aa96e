import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What the provider told by webhook, as it came; written once, never changed.
    CREATE TABLE provider_events (
      tenant_id uuid NOT NULL,
      event_id text NOT NULL,
      type text NOT NULL,
      body text NOT NULL,
      received_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, event_id)
    );`);
  await tenantTable(knex, 'provider_events', { app: 'SELECT, INSERT' });
}
