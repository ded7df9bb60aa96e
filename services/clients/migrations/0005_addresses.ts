import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE addresses (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      client_id uuid NOT NULL,
      version bigint NOT NULL DEFAULT 1,
      label text,
      lines text[] NOT NULL CHECK (cardinality(lines) BETWEEN 1 AND 4),
      city text NOT NULL,
      region text,
      postal_code text,
      country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
      latitude numeric(8, 6) CHECK (latitude BETWEEN -90 AND 90),
      longitude numeric(9, 6) CHECK (longitude BETWEEN -180 AND 180),
      time_zone text,
      access_notes text,
      primary_for text[] NOT NULL DEFAULT '{}'
        CHECK (primary_for <@ ARRAY['billing', 'service']),
      archived_at timestamptz,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
      CHECK ((latitude IS NULL) = (longitude IS NULL)),
      CHECK (archived_at IS NULL OR cardinality(primary_for) = 0)
    );
    CREATE INDEX addresses_of_client ON addresses (tenant_id, client_id, created_at, id);
    CREATE UNIQUE INDEX one_primary_billing_address ON addresses (tenant_id, client_id)
      WHERE 'billing' = ANY (primary_for);
    CREATE UNIQUE INDEX one_primary_service_address ON addresses (tenant_id, client_id)
      WHERE 'service' = ANY (primary_for);`);
  await tenantTable(knex, 'addresses', { app: 'SELECT, INSERT, UPDATE' });
}
