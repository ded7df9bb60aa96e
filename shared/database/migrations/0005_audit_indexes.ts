import { indexesBesideWriters, type Knex } from '../src/migration.ts';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

/** The ways that the trail is read: all of it, of one subject, by one actor, of one action. */
const INDEXES = {
  audit_log_by_time: 'audit_log (tenant_id, at, id)',
  audit_log_by_subject: 'audit_log (tenant_id, subject_id, at, id)',
  audit_log_by_actor: 'audit_log (tenant_id, actor_id, at, id)',
  audit_log_by_action: 'audit_log (tenant_id, action, at, id)',
};

export async function up(knex: Knex): Promise<void> {
  await indexesBesideWriters(knex, INDEXES);
}
