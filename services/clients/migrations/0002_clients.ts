import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE clients (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      name text NOT NULL,
      email text,
      phone text CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
      time_zone text NOT NULL,
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'barred')),
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id)
    );
    CREATE INDEX clients_by_creation ON clients (tenant_id, created_at, id);
    CREATE INDEX clients_by_name ON clients (tenant_id, name, id);`);
  await tenantTable(knex, 'clients', { app: 'SELECT, INSERT, UPDATE' });
}
