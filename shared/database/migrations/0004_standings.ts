import type { Knex } from 'knex';
import { tenantTable } from '../src/migration.ts';

/**
 * What a service asks before it trusts a token whose signature is good: which sessions and subjects
 * auth has revoked since, and how the tenant stands. Filled by auth's events, in auth by itself.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE revocations (
      tenant_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('session', 'subject')),
      id uuid NOT NULL,
      -- Of a subject: tokens with a lower \`ver\` are refused. Of a session: all of them are.
      refused_below bigint,
      revoked_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, kind, id),
      CONSTRAINT a_subject_has_a_version CHECK ((kind = 'subject') = (refused_below IS NOT NULL))
    );
    -- What is new, and what is old enough to go.
    CREATE INDEX revocations_by_time ON revocations (revoked_at);

    CREATE TABLE tenant_standings (
      tenant_id uuid PRIMARY KEY,
      suspended boolean NOT NULL,
      -- NULL is no limit.
      requests_per_minute integer CHECK (requests_per_minute > 0),
      version bigint NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX tenant_standings_by_time ON tenant_standings (changed_at);`);
  await tenantTable(knex, 'revocations', {
    app: 'SELECT, INSERT, UPDATE',
    worker: 'SELECT, DELETE',
  });
  await tenantTable(knex, 'tenant_standings', { app: 'SELECT, INSERT, UPDATE', worker: 'SELECT' });
}
