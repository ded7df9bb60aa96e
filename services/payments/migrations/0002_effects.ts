import { type Knex, lookupFunction, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Whatever leaves the house is a row here before it is sent. What it causes stands elsewhere.
    CREATE TABLE effects (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      kind text NOT NULL CHECK (kind IN ('account', 'charge')),
      -- The tenant whose account it is, or the payment that is charged.
      cause_id uuid NOT NULL,
      target text NOT NULL CHECK (target = 'stripe'),
      state text NOT NULL CHECK (state IN ('queued', 'sent', 'unknown', 'confirmed')),
      attempts int NOT NULL DEFAULT 0,
      last_error text,
      -- The database's clock: when the lease of whoever works on it ends, or it is tried again.
      due_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_effect_per_cause UNIQUE (tenant_id, kind, cause_id, target),
      CHECK ((state = 'confirmed') = (due_at IS NULL))
    );
    CREATE INDEX effects_due ON effects (due_at) WHERE due_at IS NOT NULL;

    -- The business' own account at the provider: its money stands there and nowhere else.
    CREATE TABLE provider_accounts (
      tenant_id uuid PRIMARY KEY,
      provider_account_id text NOT NULL,
      created_at timestamptz NOT NULL,
      -- A webhook names the account and no tenant, so it is unique without the tenant.
      CONSTRAINT one_tenant_per_provider_account UNIQUE (provider_account_id)
    );`);
  await tenantTable(knex, 'effects', { app: 'SELECT, INSERT, UPDATE', worker: 'SELECT, UPDATE' });
  await tenantTable(knex, 'provider_accounts', { app: 'SELECT, INSERT' });
  await lookupFunction(knex, {
    signature: 'tenant_of_provider_account(of_account text)',
    returns: 'uuid',
    query: 'SELECT tenant_id FROM provider_accounts WHERE provider_account_id = of_account',
    reads: { provider_accounts: 'tenant_id, provider_account_id' },
  });
}
