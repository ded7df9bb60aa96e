import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE rate_cards (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      vehicle_type text NOT NULL CHECK (vehicle_type ~ '^[a-z][a-z0-9_]*$'),
      minimum_hours integer NOT NULL CHECK (minimum_hours BETWEEN 0 AND 24),
      hourly_amount bigint NOT NULL CHECK (hourly_amount >= 0),
      live_mile_amount bigint NOT NULL CHECK (live_mile_amount >= 0),
      deadhead_mile_amount bigint NOT NULL CHECK (deadhead_mile_amount >= 0),
      currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_rate_card_per_vehicle_type UNIQUE (tenant_id, vehicle_type)
    );`);
  await tenantTable(knex, 'rate_cards', { app: 'SELECT, INSERT, UPDATE' });
}
