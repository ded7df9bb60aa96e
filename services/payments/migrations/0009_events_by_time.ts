import type { Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

/** Rows of one time lie together, so a few blocks tell the sweep where to look. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX CONCURRENTLY IF EXISTS provider_events_by_time');
  await knex.raw(`CREATE INDEX CONCURRENTLY provider_events_by_time ON provider_events
    USING brin (received_at)`);
}
