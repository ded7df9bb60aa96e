import type { Knex } from '@roundhouse/database/migration';

/** Raised whenever roles, password or activity change: tokens of before are refused then. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE users ADD COLUMN token_version bigint NOT NULL DEFAULT 1');
}
