import { connect, type Database } from '@roundhouse/database';
import { fillTables, freshDatabase, type TestDatabase } from '@roundhouse/testing';

/** One large business, and others beside it. */
export const LARGE = '00000000-0000-7000-8000-000000000001';
export const CLIENTS = 200_000;
const OTHERS = 20;
const CLIENTS_OF_OTHERS = 1_000;

const words = (name: string, list: string[]) =>
  `(ARRAY['${list.join("','")}'])[1 + ${name} % ${list.length}]`;
const FIRST = ['Anna', 'Ben', 'Carla', 'David', 'Elena', 'Frank', 'Grace', 'Hugo', 'Iris', 'John'];
const LAST = ['Adams', 'Baker', 'Clark', 'Diaz', 'Evans', 'Fischer', 'Garcia', 'Hughes', 'Ivanov'];
const KINDS = ['School', 'College', 'Church', 'Brewing', 'Travel', 'Club', 'Hotel'];

/** As the API would have written them: the test compares one with what the rules make of it. */
const CLIENT_ROWS = `
  INSERT INTO clients.clients (tenant_id, id, name, email, phone, time_zone, status, kind,
    external_id, tags, created_at, updated_at, archived_at)
  SELECT tenant_id, uuidv7(), name,
    CASE WHEN n % 2000 <> 7 THEN 'office' || n || '@' || lower(last) || n % 977 || '.example' END,
    CASE WHEN n % 3 <> 0 THEN '+1212' || lpad((n % 10000000)::text, 7, '5') END,
    'America/New_York', CASE WHEN n % 1000 = 5 THEN 'barred' ELSE 'active' END,
    CASE WHEN n % 4 = 0 THEN 'person' ELSE 'company' END,
    'X-' || n,
    CASE WHEN n % 2 = 0 THEN ARRAY['Newsletter'] ELSE '{}' END
      || CASE WHEN n % 500 = 3 THEN ARRAY['VIP'] ELSE '{}' END
      || CASE WHEN n < ${CLIENTS / 2} THEN ARRAY['Old'] ELSE ARRAY['New'] END,
    '2020-01-01'::timestamptz + n * interval '1 minute',
    '2025-01-01'::timestamptz + (n * 7919 % 999983) * interval '1 second',
    CASE WHEN n % 20 = 11 THEN '2026-01-01'::timestamptz END
  FROM (
    SELECT n, tenant_id, last, CASE WHEN n % 4 = 0
        THEN ${words('n / 4', FIRST)} || ' ' || last || ' ' || n
        ELSE last || ' ' || ${words('n / 7', KINDS)} || ' ' || n END AS name
    FROM (
      SELECT n, ${words('n / 3', LAST)} AS last,
        CASE WHEN n <= ${CLIENTS} THEN '${LARGE}'::uuid
          ELSE ('00000000-0000-7000-8000-0000000001' || lpad((n % ${OTHERS})::text, 2, '0'))::uuid
        END AS tenant_id
      FROM generate_series(1, ${CLIENTS + OTHERS * CLIENTS_OF_OTHERS}) AS n
    ) AS counted
  ) AS named`;

const TERM_ROWS = `
  INSERT INTO clients.search_terms (tenant_id, client_id, source_id, term)
  SELECT tenant_id, id, id, term FROM clients.clients,
    LATERAL (SELECT DISTINCT term FROM (
      SELECT unnest(string_to_array(name_key, ' ')) AS term
      UNION ALL SELECT unnest(ARRAY['x', replace(external_id, 'X-', ''),
        lower(replace(external_id, '-', ''))])
      UNION ALL SELECT unnest(string_to_array(replace(email, '@', '.'), '.'))
        WHERE email IS NOT NULL
      UNION ALL SELECT '@' || email WHERE email IS NOT NULL
      UNION ALL SELECT unnest(ARRAY[phone, substr(phone, 2), substr(phone, 3),
        substr(phone, 4), substr(phone, 5), right(phone, 7), right(phone, 4)])
        WHERE phone IS NOT NULL
      UNION ALL SELECT '#' || lower(unnest(tags))
    ) AS terms) AS of_client`;

/** Into an index that is there already rows would go one by one, all over it. */
const DROP_INDEXES = `
  CREATE TEMP TABLE built_later AS SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'clients' AND tablename IN ('clients', 'search_terms')
      AND indexname NOT IN (SELECT conname FROM pg_constraint);
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM built_later LOOP
      EXECUTE format('DROP INDEX clients.%I', name);
    END LOOP;
  END $$`;
const BUILD_INDEXES = `
  DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM built_later LOOP
      EXECUTE definition;
    END LOOP;
  END $$`;

export interface ManyClients {
  database: TestDatabase;
  app: Database;
  stop(): Promise<void>;
}

/** A database with many clients, in which nobody else writes. */
export async function manyClients(): Promise<ManyClients> {
  const database = await freshDatabase();
  await fillTables(database, [
    DROP_INDEXES,
    CLIENT_ROWS,
    TERM_ROWS,
    BUILD_INDEXES,
    'VACUUM (ANALYZE) clients.clients, clients.search_terms',
  ]);
  const app = connect({ url: database.url('clients_app'), max: 1 });
  const stop = async () => {
    await app.close();
    await database.drop();
  };
  return { database, app, stop };
}
