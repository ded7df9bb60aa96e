import type { Knex } from 'knex';
import { tenantTable } from '../src/migration.ts';

/** What every service's schema has: outbox, inbox, idempotency keys and the audit trail. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE outbox (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      type text NOT NULL,
      subject text NOT NULL,
      time timestamptz NOT NULL,
      data json NOT NULL,
      sent_at timestamptz,
      PRIMARY KEY (tenant_id, id)
    );
    CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

    CREATE TABLE inbox (
      tenant_id uuid NOT NULL,
      queue text NOT NULL,
      event_id uuid NOT NULL,
      received_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, queue, event_id)
    );

    CREATE TABLE idempotency_keys (
      tenant_id uuid NOT NULL,
      route text NOT NULL,
      key text NOT NULL,
      request_hash text NOT NULL,
      status smallint,
      headers json,
      body text,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, route, key)
    );

    CREATE TABLE audit_log (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL DEFAULT uuidv7(),
      actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'link', 'provider', 'system')),
      actor_id text,
      action text NOT NULL,
      subject_type text NOT NULL,
      subject_id text NOT NULL,
      before jsonb,
      after jsonb,
      at timestamptz NOT NULL,
      request_id text NOT NULL,
      address text,
      PRIMARY KEY (tenant_id, id)
    );`);
  // For the retention: rows of one time lie together, so a few blocks tell where to look.
  await knex.raw(`
    CREATE INDEX outbox_by_time ON outbox USING brin (time);
    CREATE INDEX inbox_by_time ON inbox USING brin (received_at);
    CREATE INDEX idempotency_keys_by_time ON idempotency_keys USING brin (created_at);`);
  await tenantTable(knex, 'outbox', { app: 'INSERT', worker: 'SELECT, UPDATE, DELETE' });
  await tenantTable(knex, 'inbox', { app: 'SELECT, INSERT', worker: 'SELECT, DELETE' });
  await tenantTable(knex, 'idempotency_keys', {
    app: 'SELECT, INSERT, UPDATE, DELETE',
    worker: 'SELECT, DELETE',
  });
  await tenantTable(knex, 'audit_log', { app: 'SELECT, INSERT' });
  await knex.raw(CLAIM_IDEMPOTENCY_KEY);
}

/**
 * Holds the key until the end of the transaction, or says why not by an SQLSTATE of our own, which
 * also skips whatever was sent behind it: RH409 a twin is in progress, RH422 the key was used with
 * another body, RH200 the answer is stored. A key is kept for 24 hours.
 */
const CLAIM_IDEMPOTENCY_KEY = `
  CREATE FUNCTION claim_idempotency_key(of_tenant uuid, of_route text, of_key text, of_hash text)
  RETURNS void LANGUAGE plpgsql VOLATILE AS $$
  DECLARE stored record;
  BEGIN
    IF NOT pg_try_advisory_xact_lock(
      hashtextextended(of_tenant::text || ' ' || of_route || ' ' || of_key, 0)) THEN
      RAISE EXCEPTION 'key in use' USING ERRCODE = 'RH409';
    END IF;
    SELECT request_hash, status, created_at INTO stored FROM idempotency_keys
      WHERE tenant_id = of_tenant AND route = of_route AND key = of_key;
    IF NOT FOUND THEN RETURN; END IF;
    IF stored.created_at < now() - interval '24 hours' THEN
      DELETE FROM idempotency_keys
        WHERE tenant_id = of_tenant AND route = of_route AND key = of_key;
      RETURN;
    END IF;
    IF stored.request_hash <> of_hash THEN
      RAISE EXCEPTION 'key used with another body' USING ERRCODE = 'RH422';
    END IF;
    IF stored.status IS NOT NULL THEN
      RAISE EXCEPTION 'answer stored' USING ERRCODE = 'RH200';
    END IF;
  END $$;`;
