import { type Knex, serviceOf } from '../src/migration.ts';

/**
 * What was announced is kept for a replay, and it may tell of a person who is erased: the serving
 * role may blank it, and look for it by what it is about. All else about it stays the relay's.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    GRANT SELECT (tenant_id, subject, data, sent_at), UPDATE (data) ON outbox
      TO ${await serviceOf(knex)}_app;`);
}
