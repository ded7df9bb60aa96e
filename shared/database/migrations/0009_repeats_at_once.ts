import type { Knex } from '../src/migration.ts';

/**
 * An answer that is stored is told to all who repeat the request at once. Before, whoever came
 * while another was being told it heard that the key is in use; that is left to requests without
 * an answer so far. The row is read after the lock was tried, so what the lock's holder has just
 * committed is seen.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE OR REPLACE FUNCTION
      claim_idempotency_key(of_tenant uuid, of_route text, of_key text, of_hash text)
    RETURNS void LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      held boolean := pg_try_advisory_xact_lock(
        hashtextextended(of_tenant::text || ' ' || of_route || ' ' || of_key, 0));
      stored record;
    BEGIN
      SELECT request_hash, status, created_at < now() - interval '24 hours' AS expired
        INTO stored FROM idempotency_keys
        WHERE tenant_id = of_tenant AND route = of_route AND key = of_key;
      IF NOT stored.expired AND stored.request_hash <> of_hash THEN
        RAISE EXCEPTION 'key used with another body' USING ERRCODE = 'RH422';
      END IF;
      IF NOT stored.expired AND stored.status IS NOT NULL THEN
        RAISE EXCEPTION 'answer stored' USING ERRCODE = 'RH200';
      END IF;
      IF NOT held THEN
        RAISE EXCEPTION 'key in use' USING ERRCODE = 'RH409';
      END IF;
      IF stored.expired THEN
        DELETE FROM idempotency_keys
          WHERE tenant_id = of_tenant AND route = of_route AND key = of_key;
      END IF;
    END $$;`);
}
