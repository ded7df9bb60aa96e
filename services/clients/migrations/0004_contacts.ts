import { type Knex, tenantTable } from '@roundhouse/database/migration';

const ROLES = `ARRAY['booking', 'passenger', 'billing']`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE contacts (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      client_id uuid NOT NULL,
      version bigint NOT NULL DEFAULT 1,
      name text NOT NULL,
      roles text[] NOT NULL CHECK (roles <@ ${ROLES} AND cardinality(roles) > 0),
      primary_for text[] NOT NULL DEFAULT '{}' CHECK (primary_for <@ roles),
      email text,
      phone text CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
      preferred_channel text CHECK (preferred_channel IN ('email', 'sms', 'phone')),
      archived_at timestamptz,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
      CHECK (preferred_channel <> 'email' OR email IS NOT NULL),
      CHECK (preferred_channel = 'email' OR preferred_channel IS NULL OR phone IS NOT NULL),
      CHECK (archived_at IS NULL OR cardinality(primary_for) = 0)
    );
    CREATE INDEX contacts_of_client ON contacts (tenant_id, client_id, created_at, id);`);
  for (const role of ['booking', 'passenger', 'billing']) {
    await knex.raw(`
      CREATE UNIQUE INDEX one_primary_${role}_contact ON contacts (tenant_id, client_id)
        WHERE '${role}' = ANY (primary_for);`);
  }
  await tenantTable(knex, 'contacts', { app: 'SELECT, INSERT, UPDATE' });
}
