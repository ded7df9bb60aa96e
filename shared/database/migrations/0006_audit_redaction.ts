import { type Knex, serviceOf } from '../src/migration.ts';

/**
 * The trail is append-only but for one thing: what it says of a person may be taken out when that
 * person is erased. Who did what and when stays, and so does that something was taken out.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE audit_log ADD COLUMN redacted_at timestamptz;
    CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.before IS NULL AND NEW.after IS NULL AND NEW.redacted_at IS NOT NULL THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'the audit trail is redacted or left alone' USING ERRCODE = '42501';
    END $$;
    CREATE TRIGGER audit_log_is_kept BEFORE UPDATE ON audit_log
      FOR EACH ROW EXECUTE FUNCTION keep_audit_log();
    GRANT UPDATE (before, after, redacted_at) ON audit_log TO ${await serviceOf(knex)}_app;`);
}
