import { type Knex, lookupFunction, tenantTable } from '@roundhouse/database/migration';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE tenants (
      tenant_id uuid PRIMARY KEY,
      name text NOT NULL,
      -- Names one tenant among all of them, so it is unique without the tenant.
      subdomain text NOT NULL,
      vertical text NOT NULL CHECK (vertical IN ('charter', 'cleaning', 'grooming', 'pool')),
      time_zone text NOT NULL,
      currency text NOT NULL,
      version bigint NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      CONSTRAINT one_tenant_per_subdomain UNIQUE (subdomain)
    );

    CREATE TABLE users (
      tenant_id uuid NOT NULL REFERENCES tenants,
      id uuid NOT NULL DEFAULT uuidv7(),
      email text NOT NULL CHECK (email = lower(email)),
      password_hash text NOT NULL,
      first_name text NOT NULL,
      last_name text NOT NULL,
      roles text[] NOT NULL CHECK (cardinality(roles) > 0),
      version bigint NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT one_user_per_email UNIQUE (tenant_id, email)
    );
    -- For the log-in, which finds the tenants of an e-mail.
    CREATE INDEX users_by_email ON users (email);

    CREATE TABLE sessions (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      user_id uuid NOT NULL,
      created_at timestamptz NOT NULL,
      ended_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, user_id) REFERENCES users
    );

    CREATE TABLE refresh_tokens (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      session_id uuid NOT NULL,
      -- SHA-256 of 256 random bits: one token among all, so it is unique without the tenant.
      token_hash bytea NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, session_id) REFERENCES sessions,
      CONSTRAINT one_token_per_hash UNIQUE (token_hash)
    );`);
  await tenantTable(knex, 'tenants', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'users', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'sessions', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'refresh_tokens', { app: 'SELECT, INSERT, UPDATE' });
  await lookupFunction(knex, {
    signature: 'tenants_of_email(of_email text)',
    returns: 'SETOF uuid',
    // The oldest ones: whoever signs up with a stranger's e-mail must not slow or hide his account.
    query: 'SELECT tenant_id FROM users WHERE email = of_email ORDER BY tenant_id LIMIT 5',
    reads: { users: 'tenant_id, email' },
  });
  await lookupFunction(knex, {
    signature: 'tenant_of_subdomain(of_subdomain text)',
    returns: 'uuid',
    query: 'SELECT tenant_id FROM tenants WHERE subdomain = of_subdomain',
    reads: { tenants: 'tenant_id, subdomain' },
  });
  await lookupFunction(knex, {
    signature: 'tenant_of_refresh_token(of_hash bytea)',
    returns: 'uuid',
    query: 'SELECT tenant_id FROM refresh_tokens WHERE token_hash = of_hash',
    reads: { refresh_tokens: 'tenant_id, token_hash' },
  });
}
