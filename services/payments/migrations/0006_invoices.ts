import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- The last number given. Its row is locked until the invoice is committed, so that none is left
    -- out when one is rolled back; a sequence would leave gaps.
    CREATE TABLE invoice_numbers (
      tenant_id uuid PRIMARY KEY,
      last_number bigint NOT NULL CHECK (last_number > 0)
    );

    CREATE TABLE invoices (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      number text NOT NULL,
      schedule_id uuid NOT NULL,
      booking_id uuid NOT NULL,
      status text NOT NULL CHECK (status IN ('open', 'paid')),
      bill_to jsonb NOT NULL,
      lines jsonb NOT NULL,
      net_amount bigint NOT NULL CHECK (net_amount >= 0),
      tax_name text NOT NULL,
      tax_rate_ppm bigint NOT NULL,
      tax_amount bigint NOT NULL CHECK (tax_amount >= 0),
      total_amount bigint NOT NULL,
      paid_amount bigint NOT NULL CHECK (paid_amount BETWEEN 0 AND total_amount),
      currency text NOT NULL,
      issued_at timestamptz NOT NULL,
      paid_at timestamptz,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, schedule_id) REFERENCES schedules,
      CONSTRAINT one_invoice_per_number UNIQUE (tenant_id, number),
      CONSTRAINT one_invoice_per_schedule UNIQUE (tenant_id, schedule_id),
      CHECK (net_amount + tax_amount = total_amount),
      CHECK ((status = 'paid') = (paid_amount = total_amount)),
      CHECK ((status = 'paid') = (paid_at IS NOT NULL))
    );
    CREATE INDEX invoices_by_issue ON invoices (tenant_id, issued_at, id);
    CREATE INDEX invoices_by_booking ON invoices (tenant_id, booking_id, issued_at, id);`);
  await tenantTable(knex, 'invoice_numbers', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'invoices', { app: 'SELECT, INSERT, UPDATE' });
}
