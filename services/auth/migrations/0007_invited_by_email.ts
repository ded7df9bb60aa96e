import type { Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX CONCURRENTLY IF EXISTS invitations_by_email');
  await knex.raw('CREATE INDEX CONCURRENTLY invitations_by_email ON invitations (email)');
}
