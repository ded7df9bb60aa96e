import type { Knex } from '../src/migration.ts';

/** Which trace the event belongs to (W3C Trace Context); of most events nobody has asked. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE outbox ADD COLUMN traceparent text');
}
