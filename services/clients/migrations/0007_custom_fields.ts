import { type Knex, tenantTable } from '@roundhouse/database/migration';

/** What the tenant wants to know of its clients, besides what everybody does. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE custom_fields (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
      label text NOT NULL,
      type text NOT NULL CHECK (type IN ('text', 'number', 'date', 'boolean', 'choice')),
      required boolean NOT NULL,
      choices text[] NOT NULL DEFAULT '{}' CHECK ((type = 'choice') = (cardinality(choices) > 0)),
      archived_at timestamptz,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_custom_field_per_key UNIQUE (tenant_id, key)
    );
    CREATE INDEX custom_fields_by_creation ON custom_fields (tenant_id, created_at, id);
    -- The key of what is kept with each client, and how it is to be read: for good.
    CREATE FUNCTION keep_custom_field() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'key and type of a custom field do not change';
    END $$;
    CREATE TRIGGER keep_custom_field BEFORE UPDATE ON custom_fields FOR EACH ROW
      WHEN (OLD.key <> NEW.key OR OLD.type <> NEW.type) EXECUTE FUNCTION keep_custom_field();`);
  await tenantTable(knex, 'custom_fields', { app: 'SELECT, INSERT, UPDATE' });
}
