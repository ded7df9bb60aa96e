import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE vehicle_types (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      code text NOT NULL,
      name text NOT NULL,
      seats int NOT NULL CHECK (seats > 0),
      base_address text NOT NULL,
      base_latitude numeric(8, 6) NOT NULL,
      base_longitude numeric(9, 6) NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_vehicle_type_per_code UNIQUE (tenant_id, code)
    );

    -- Whatever can be occupied; a coach for now.
    CREATE TABLE resources (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      kind text NOT NULL CHECK (kind = 'vehicle'),
      vehicle_type text NOT NULL,
      name text NOT NULL,
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'retired')),
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT resource_of_a_known_vehicle_type
        FOREIGN KEY (tenant_id, vehicle_type) REFERENCES vehicle_types (tenant_id, code),
      CONSTRAINT one_resource_per_name UNIQUE (tenant_id, name)
    );
    CREATE INDEX resources_by_type ON resources (tenant_id, vehicle_type, id);`);
  await tenantTable(knex, 'vehicle_types', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'resources', { app: 'SELECT, INSERT, UPDATE' });
}
