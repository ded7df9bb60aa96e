import { indexesBesideWriters, type Knex } from '@roundhouse/database/migration';

/** An index that is built beside the writers cannot be built in a transaction. */
export const config = { transaction: false };

const INDEXES = {
  /** The list of a user's sessions. */
  sessions_by_user: 'sessions (tenant_id, user_id, created_at, id)',
  /** What the sweep takes first, and whether a token still needs its session. */
  sessions_by_last_sign: 'sessions (coalesce(ended_at, last_used_at, created_at))',
  refresh_tokens_by_expiry: 'refresh_tokens (expires_at)',
  refresh_tokens_by_session: 'refresh_tokens (tenant_id, session_id)',
};

export async function up(knex: Knex): Promise<void> {
  await indexesBesideWriters(knex, INDEXES);
}
