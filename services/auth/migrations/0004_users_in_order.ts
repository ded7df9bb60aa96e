import type { Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

/** The orders in which colleagues are listed, besides that of their e-mails. */
const INDEXES = { users_by_time: 'created_at, id', users_by_name: 'last_name, id' };

export async function up(knex: Knex): Promise<void> {
  for (const [name, columns] of Object.entries(INDEXES)) {
    // A build that was broken off leaves an index that nobody uses and everybody writes.
    await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON users (tenant_id, ${columns})`);
  }
}
