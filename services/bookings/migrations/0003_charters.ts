import { type Knex, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Copies: filled by events, a miss asks the owner once.
    CREATE TABLE clients (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      version bigint NOT NULL,
      name text NOT NULL,
      email text,
      phone text,
      status text NOT NULL,
      PRIMARY KEY (tenant_id, id)
    );

    CREATE TABLE charters (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      client_id uuid NOT NULL,
      status text NOT NULL CHECK (status IN ('inquiry', 'quoted', 'accepted', 'confirmed',
        'in_progress', 'completed', 'canceled')),
      passengers int NOT NULL CHECK (passengers > 0),
      stops jsonb NOT NULL,
      vehicles jsonb NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      notes text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, client_id) REFERENCES clients,
      CHECK (starts_at < ends_at)
    );
    CREATE INDEX charters_by_creation ON charters (tenant_id, created_at, id);
    CREATE INDEX charters_by_start ON charters (tenant_id, starts_at, id);
    CREATE INDEX charters_by_client ON charters (tenant_id, client_id, created_at, id);
    CREATE INDEX charters_by_status ON charters (tenant_id, status, created_at, id);

    CREATE TABLE quotes (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      charter_id uuid NOT NULL,
      status text NOT NULL CHECK (status IN ('draft', 'sent', 'accepted', 'superseded')),
      contact jsonb NOT NULL,
      -- As pricing answered it: lines, steps, tax, policy and the vehicles' times, kept for good.
      price jsonb NOT NULL,
      total_amount bigint NOT NULL CHECK (total_amount >= 0),
      currency text NOT NULL,
      link_generation int NOT NULL DEFAULT 1,
      valid_until timestamptz,
      sent_at timestamptz,
      accepted_at timestamptz,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, charter_id) REFERENCES charters
    );
    CREATE INDEX quotes_by_charter ON quotes (tenant_id, charter_id, created_at, id);
    CREATE INDEX quotes_by_creation ON quotes (tenant_id, created_at, id);
    CREATE UNIQUE INDEX one_accepted_quote_per_charter ON quotes (tenant_id, charter_id)
      WHERE status = 'accepted';

    -- The evidence of what was agreed: written once, never changed.
    CREATE TABLE acceptances (
      tenant_id uuid NOT NULL,
      quote_id uuid NOT NULL,
      name text NOT NULL,
      accepted_at timestamptz NOT NULL,
      address text,
      user_agent text,
      terms text NOT NULL,
      price_hash text NOT NULL,
      total_amount bigint NOT NULL,
      currency text NOT NULL,
      PRIMARY KEY (tenant_id, quote_id),
      FOREIGN KEY (tenant_id, quote_id) REFERENCES quotes
    );

    -- Who or what is occupied when. Holds are rows of it too, so there is no second path.
    CREATE TABLE allocations (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      resource_id uuid NOT NULL,
      charter_id uuid NOT NULL,
      state text NOT NULL CHECK (state IN ('held', 'booked')),
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      held_until timestamptz,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, resource_id) REFERENCES resources,
      FOREIGN KEY (tenant_id, charter_id) REFERENCES charters,
      CHECK (starts_at < ends_at),
      -- Lets the search for overlaps begin this long before a span, and not with the first row.
      CHECK (ends_at <= starts_at + interval '40 days'),
      CHECK ((state = 'held') = (held_until IS NOT NULL)),
      CONSTRAINT one_booking_per_resource_and_time EXCLUDE USING gist (
        tenant_id WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    );
    CREATE INDEX allocations_by_resource ON allocations (tenant_id, resource_id, starts_at);
    CREATE INDEX allocations_by_charter ON allocations (tenant_id, charter_id);

    -- What payments told: enough to derive the link under which the client pays.
    CREATE TABLE payment_schedules (
      tenant_id uuid NOT NULL,
      charter_id uuid NOT NULL,
      schedule_id uuid NOT NULL,
      link_generation int NOT NULL,
      version bigint NOT NULL,
      PRIMARY KEY (tenant_id, charter_id)
    );`);
  await tenantTable(knex, 'clients', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'charters', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'quotes', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'acceptances', { app: 'SELECT, INSERT' });
  await tenantTable(knex, 'allocations', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'payment_schedules', { app: 'SELECT, INSERT, UPDATE' });
}
