import type { Knex } from 'knex';

/** Reads every row, beside whoever writes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE audit_log VALIDATE CONSTRAINT audit_log_actor_kind_check');
}
