import { indexesBesideWriters, type Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

/** The orders in which colleagues are listed, besides that of their e-mails. */
const INDEXES = {
  users_by_time: 'users (tenant_id, created_at, id)',
  users_by_name: 'users (tenant_id, last_name, id)',
};

export async function up(knex: Knex): Promise<void> {
  await indexesBesideWriters(knex, INDEXES);
}
