import { type Knex, lookupFunction, serviceOf, tenantTable } from '@roundhouse/database/migration';

/**
 * Counts an attempt before anything is checked, in one statement that takes the counters' rows one
 * after the other: of many attempts at once no more get through than are free. It answers for how
 * many seconds the asker is to wait; 0 means that this attempt was counted and may go on.
 *
 * Whoever comes from an address that the account was used from before has a counter of his own, and
 * the others' attempts do not lock him out (OWASP, "Slow Down Online Guessing Attacks with Device
 * Cookies"; here the address stands for the cookie).
 */
const CLAIM = `
  CREATE FUNCTION count_attempt(of_tenant uuid, of_key bytea, at timestamptz, free integer,
    wait interval, longest interval, remembered interval) RETURNS integer
  LANGUAGE plpgsql AS $$
  DECLARE kept throttles;
  BEGIN
    INSERT INTO throttles (tenant_id, key, attempts, forgotten_at) VALUES (of_tenant, of_key, 0, at)
      ON CONFLICT DO NOTHING;
    SELECT tenant_id, key, attempts, forgotten_at, blocked_until, trusted_until, expires_at
      INTO STRICT kept FROM throttles WHERE tenant_id = of_tenant AND key = of_key FOR UPDATE;
    IF kept.blocked_until > at THEN
      RETURN ceil(extract(epoch FROM kept.blocked_until - at));
    END IF;
    IF kept.forgotten_at <= at THEN kept.attempts := 0; END IF;
    kept.attempts := kept.attempts + 1;
    UPDATE throttles SET attempts = kept.attempts, forgotten_at = at + remembered,
      blocked_until = CASE WHEN kept.attempts >= free
        THEN at + least(longest, wait * (2 ^ least(kept.attempts - free, 20))) END
      WHERE tenant_id = of_tenant AND key = of_key;
    RETURN 0;
  END $$;

  CREATE FUNCTION claim_attempt(of_tenant uuid, of_account bytea, of_pair bytea, of_address bytea,
    at timestamptz, free integer, free_of_address integer, wait interval, longest interval,
    remembered interval) RETURNS integer
  LANGUAGE plpgsql AS $$
  DECLARE seconds integer;
  BEGIN
    PERFORM 1 FROM throttles
      WHERE tenant_id = of_tenant AND key = of_pair AND trusted_until > at;
    IF FOUND THEN
      RETURN count_attempt(of_tenant, of_pair, at, free, wait, longest, remembered);
    END IF;
    seconds := count_attempt(of_tenant, of_address, at, free_of_address, wait, longest, remembered);
    IF seconds > 0 THEN RETURN seconds; END IF;
    seconds := count_attempt(of_tenant, of_account, at, free, wait, longest, remembered);
    IF seconds > 0 THEN
      -- What the account refuses is not the address' failure as well: colleagues share it.
      UPDATE throttles SET attempts = greatest(attempts - 1, 0), blocked_until = NULL
        WHERE tenant_id = of_tenant AND key = of_address;
    END IF;
    RETURN seconds;
  END $$;`;

/** Sessions that can be listed and ended, throttles, machine clients, second factors. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE sessions
      ADD COLUMN last_used_at timestamptz,
      ADD COLUMN address text,
      ADD COLUMN user_agent text,
      ADD COLUMN second_factor_at timestamptz;

    -- Its rows stand under the nil tenant: who tries to come in has none yet.
    CREATE TABLE throttles (
      tenant_id uuid NOT NULL CHECK (tenant_id = '00000000-0000-0000-0000-000000000000'),
      -- A keyed hash of what is counted: no e-mail and no address stands here.
      key bytea NOT NULL CHECK (length(key) = 32),
      attempts integer NOT NULL,
      -- When the attempts count no more.
      forgotten_at timestamptz NOT NULL,
      blocked_until timestamptz,
      -- Of an account and an address together: until when the address is known for it.
      trusted_until timestamptz,
      expires_at timestamptz NOT NULL
        GENERATED ALWAYS AS (greatest(forgotten_at, blocked_until, trusted_until)) STORED,
      PRIMARY KEY (tenant_id, key)
    );
    CREATE INDEX throttles_by_expiry ON throttles (expires_at);

    CREATE TABLE machine_clients (
      tenant_id uuid NOT NULL REFERENCES tenants,
      id uuid NOT NULL DEFAULT uuidv7(),
      version bigint NOT NULL DEFAULT 1,
      token_version bigint NOT NULL DEFAULT 1,
      name text NOT NULL,
      scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
      -- SHA-256 of 256 random bits, and what of the secret may be shown.
      secret_hash bytea NOT NULL,
      secret_prefix text NOT NULL,
      -- The secret before, until its holder has taken the new one.
      previous_secret_hash bytea,
      previous_secret_prefix text,
      previous_secret_expires_at timestamptz,
      created_by uuid NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      last_used_at timestamptz,
      revoked_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT a_previous_secret_ends CHECK ((previous_secret_hash IS NULL)
        = (previous_secret_expires_at IS NULL))
    );
    CREATE INDEX machine_clients_by_time ON machine_clients (tenant_id, created_at, id);
    -- For the token endpoint, which is told the client and no business.
    CREATE INDEX machine_clients_by_id ON machine_clients (id);

    CREATE TABLE second_factors (
      tenant_id uuid NOT NULL,
      user_id uuid NOT NULL,
      -- Sealed with AES-256-GCM: nonce, ciphertext, tag.
      sealed_secret bytea NOT NULL,
      created_at timestamptz NOT NULL,
      confirmed_at timestamptz,
      -- The time step of the last code that was taken: each code works once (RFC 6238 5.2).
      last_step bigint,
      PRIMARY KEY (tenant_id, user_id),
      FOREIGN KEY (tenant_id, user_id) REFERENCES users
    );

    CREATE TABLE recovery_codes (
      tenant_id uuid NOT NULL,
      user_id uuid NOT NULL,
      code_hash bytea NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (tenant_id, user_id, code_hash),
      FOREIGN KEY (tenant_id, user_id) REFERENCES second_factors
    );

    -- A log-in whose password was right and whose code is awaited.
    CREATE TABLE login_challenges (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      user_id uuid NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, user_id) REFERENCES users
    );
    CREATE INDEX login_challenges_by_expiry ON login_challenges (expires_at);`);
  await tenantTable(knex, 'throttles', {
    app: 'SELECT, INSERT, UPDATE',
    worker: 'SELECT, DELETE',
  });
  await tenantTable(knex, 'machine_clients', { app: 'SELECT, INSERT, UPDATE' });
  await tenantTable(knex, 'second_factors', { app: 'SELECT, INSERT, UPDATE, DELETE' });
  await tenantTable(knex, 'recovery_codes', { app: 'SELECT, INSERT, UPDATE, DELETE' });
  await tenantTable(knex, 'login_challenges', {
    app: 'SELECT, INSERT, UPDATE',
    worker: 'SELECT, DELETE',
  });
  await knex.raw(CLAIM);
  await lookupFunction(knex, {
    signature: 'tenant_of_machine_client(of_id uuid)',
    returns: 'uuid',
    query: 'SELECT tenant_id FROM machine_clients WHERE id = of_id',
    reads: { machine_clients: 'tenant_id, id' },
  });
  const service = await serviceOf(knex);
  // What has an end is swept.
  for (const table of ['sessions', 'refresh_tokens']) {
    await knex.raw(`
      CREATE POLICY worker ON ${table} TO ${service}_worker USING (true) WITH CHECK (true);
      GRANT SELECT, DELETE ON ${table} TO ${service}_worker;`);
  }
}
