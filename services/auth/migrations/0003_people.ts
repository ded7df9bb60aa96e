import { type Knex, lookupFunction, tenantTable } from '@roundhouse/database/migration';

/** What the platform knows of people beyond their log-in: who is active, invited, verified. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE users
      ADD COLUMN deactivated_at timestamptz,
      ADD COLUMN email_verified_at timestamptz;

    -- The last link of each kind that was asked for by or for a user. The link itself is derived.
    CREATE TABLE account_links (
      tenant_id uuid NOT NULL,
      user_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('reset', 'verification')),
      -- Where it goes to; of a verification, what it verifies.
      email text NOT NULL CHECK (email = lower(email)),
      generation integer NOT NULL CHECK (generation > 0),
      requested_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (tenant_id, user_id, kind),
      FOREIGN KEY (tenant_id, user_id) REFERENCES users
    );

    CREATE TABLE invitations (
      tenant_id uuid NOT NULL REFERENCES tenants,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      email text NOT NULL CHECK (email = lower(email)),
      roles text[] NOT NULL CHECK (cardinality(roles) > 0),
      generation integer NOT NULL DEFAULT 1 CHECK (generation > 0),
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      accepted_at timestamptz,
      revoked_at timestamptz,
      user_id uuid,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, user_id) REFERENCES users,
      CONSTRAINT accepted_or_revoked CHECK (accepted_at IS NULL OR revoked_at IS NULL),
      CONSTRAINT accepted_by_its_user CHECK ((accepted_at IS NULL) = (user_id IS NULL))
    );
    CREATE UNIQUE INDEX one_open_invitation_per_email ON invitations (tenant_id, email)
      WHERE accepted_at IS NULL AND revoked_at IS NULL;
    CREATE INDEX invitations_by_time ON invitations (tenant_id, created_at, id);

    ALTER TABLE tenants
      ADD COLUMN legal_name text,
      ADD COLUMN address text,
      ADD COLUMN phone text,
      ADD COLUMN support_email text,
      ADD COLUMN brand_name text,
      ADD COLUMN brand_color text CHECK (brand_color ~ '^#[0-9a-f]{6}$'),
      ADD COLUMN brand_logo_url text CHECK (brand_logo_url LIKE 'https://%'),
      ADD COLUMN plan text NOT NULL DEFAULT 'standard'
        CHECK (plan IN ('sandbox', 'standard', 'unlimited')),
      -- What this business was granted instead of what its plan gives.
      ADD COLUMN users_granted integer CHECK (users_granted > 0),
      ADD COLUMN requests_per_minute_granted integer CHECK (requests_per_minute_granted > 0),
      ADD COLUMN machine_clients_granted integer CHECK (machine_clients_granted > 0),
      ADD COLUMN suspended_at timestamptz,
      ADD COLUMN suspended_reason text,
      -- Of a sandbox the business that it belongs to, and of a business its sandbox.
      ADD COLUMN sandbox_of uuid,
      ADD COLUMN sandbox_id uuid;`);
  await tenantTable(knex, 'account_links', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'invitations', { app: 'SELECT, INSERT, UPDATE' });
  await knex.raw('DROP FUNCTION tenants_of_email(text)');
  await lookupFunction(knex, {
    signature: 'tenants_of_email(of_email text)',
    returns: 'SETOF uuid',
    // Businesses before their sandboxes, and the oldest ones: whoever signs up with a stranger's
    // e-mail must not slow or hide his account.
    query: `SELECT users.tenant_id FROM users JOIN tenants ON tenants.tenant_id = users.tenant_id
      WHERE email = of_email ORDER BY sandbox_of IS NOT NULL, users.tenant_id LIMIT 5`,
    reads: { users: 'tenant_id, email', tenants: 'tenant_id, subdomain, sandbox_of' },
  });
}
