import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What a client has agreed to pay, as the acceptance told it: the invoice is made of it.
    CREATE TABLE schedules (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      booking_id uuid NOT NULL,
      contact jsonb NOT NULL,
      lines jsonb NOT NULL,
      net_amount bigint NOT NULL CHECK (net_amount >= 0),
      tax_name text NOT NULL,
      tax_rate_ppm bigint NOT NULL,
      tax_amount bigint NOT NULL CHECK (tax_amount >= 0),
      total_amount bigint NOT NULL,
      currency text NOT NULL,
      link_generation int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_schedule_per_booking UNIQUE (tenant_id, booking_id),
      CHECK (net_amount + tax_amount = total_amount)
    );
    CREATE INDEX schedules_by_creation ON schedules (tenant_id, created_at, id);

    CREATE TABLE schedule_items (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      schedule_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('deposit', 'balance')),
      due_amount bigint NOT NULL CHECK (due_amount > 0),
      currency text NOT NULL,
      due_at timestamptz NOT NULL,
      paid_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules,
      CONSTRAINT one_item_per_kind UNIQUE (tenant_id, schedule_id, kind)
    );`);
  await tenantTable(knex, 'schedules', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'schedule_items', { app: 'SELECT, INSERT, UPDATE' });
}
