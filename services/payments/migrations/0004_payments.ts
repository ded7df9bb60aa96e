import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Attempts to pay an item by card. How far the call to the provider is, its effect says.
    CREATE TABLE payments (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      schedule_id uuid NOT NULL,
      booking_id uuid NOT NULL,
      item text NOT NULL,
      charge_amount bigint NOT NULL CHECK (charge_amount > 0),
      currency text NOT NULL,
      status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
      failure_code text,
      decline_code text,
      -- Kept while the outcome is open only: the same key asks for the same parameters.
      payment_method text,
      provider_payment_id text,
      -- The Idempotency-Key under which the client began it.
      request_key text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      settled_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, schedule_id, item)
        REFERENCES schedule_items (tenant_id, schedule_id, kind),
      CHECK ((status = 'pending') = (settled_at IS NULL)),
      CHECK ((status = 'pending') = (payment_method IS NOT NULL)),
      CHECK ((status = 'failed') = (failure_code IS NOT NULL))
    );
    -- Nobody pays twice: a second attempt cannot even be written down before the first has failed.
    CREATE UNIQUE INDEX one_attempt_per_item ON payments (tenant_id, schedule_id, item)
      WHERE status <> 'failed';
    CREATE INDEX payments_by_creation ON payments (tenant_id, created_at, id);
    CREATE INDEX payments_by_booking ON payments (tenant_id, booking_id, created_at, id);
    CREATE INDEX payments_by_item ON payments (tenant_id, schedule_id, item);`);
  await tenantTable(knex, 'payments', { app: 'SELECT, INSERT, UPDATE' });
}
