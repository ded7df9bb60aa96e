import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE notes (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      client_id uuid NOT NULL,
      version bigint NOT NULL DEFAULT 1,
      body text NOT NULL,
      author_kind text NOT NULL,
      author_id text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
    );
    CREATE INDEX notes_of_client ON notes (tenant_id, client_id, created_at, id);`);
  await tenantTable(knex, 'notes', { app: 'SELECT, INSERT, UPDATE' });
}
