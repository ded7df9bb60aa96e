import type { Knex } from '../src/migration.ts';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

/** The ways that the trail is read: all of it, of one subject, by one actor, of one action. */
const INDEXES = {
  audit_log_by_time: 'at, id',
  audit_log_by_subject: 'subject_id, at, id',
  audit_log_by_actor: 'actor_id, at, id',
  audit_log_by_action: 'action, at, id',
};

export async function up(knex: Knex): Promise<void> {
  for (const [name, columns] of Object.entries(INDEXES)) {
    // A build that was broken off leaves an index that nobody uses and everybody writes.
    await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON audit_log (tenant_id, ${columns})`);
  }
}
