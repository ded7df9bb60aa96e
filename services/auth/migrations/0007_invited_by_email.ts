import { indexesBesideWriters, type Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  await indexesBesideWriters(knex, { invitations_by_email: 'invitations (email)' });
}
