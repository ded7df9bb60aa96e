import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@roundhouse/testing';
import pg from 'pg';
import { catalogueFaults, type Query } from './catalogue.ts';
import { serviceFolders } from './services.ts';

const services = serviceFolders().map(({ name }) => name);

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  admin = new pg.Client({ connectionString: database.url('postgres') });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const query: Query = async (sql, values) => (await admin.query(sql, values)).rows;

test('the catalogue of the newest schema has no faults', async () => {
  expect(await catalogueFaults(query, services)).toEqual([]);
});

test('a service without tables is a fault: the check would be blind', async () => {
  expect(await catalogueFaults(query, ['nobody'])).toEqual(['a service has tables: nobody']);
});

/** A table as it should be, for faults that are about something else. */
const PETS = `
  CREATE TABLE clients.pets (
    tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
  ALTER TABLE clients.pets OWNER TO clients_owner;
  ALTER TABLE clients.pets ENABLE ROW LEVEL SECURITY;
  ALTER TABLE clients.pets FORCE ROW LEVEL SECURITY;`;

const DEFINER = `
  CREATE FUNCTION clients.spy() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';`;

describe('a fault is seen', () => {
  test.each([
    [
      'forced row-level',
      'clients.clients',
      'ALTER TABLE clients.clients NO FORCE ROW LEVEL SECURITY',
    ],
    [
      'forced row-level',
      'clients.clients',
      'ALTER TABLE clients.clients DISABLE ROW LEVEL SECURITY',
    ],
    ['belongs to tenants, or is listed', 'scraps', 'CREATE TABLE clients.scraps (id int)'],
    [
      'for the owner alone',
      'clients.knex_migrations to clients_app',
      'GRANT SELECT ON clients.knex_migrations TO clients_app',
    ],
    [
      'every row has',
      'clients.clients',
      `ALTER TABLE clients.clients DROP CONSTRAINT clients_pkey CASCADE;
      ALTER TABLE clients.clients ALTER tenant_id DROP NOT NULL`,
    ],
    [
      'through its table alone',
      'clients.visits_0',
      `CREATE TABLE clients.visits (tenant_id uuid NOT NULL) PARTITION BY HASH (tenant_id);
      CREATE TABLE clients.visits_0 PARTITION OF clients.visits FOR VALUES
        WITH (MODULUS 1, REMAINDER 0);
      GRANT SELECT ON clients.visits_0 TO clients_app`,
    ],
    [
      'a policy checks what is written',
      'clients.pets.p',
      `${PETS} CREATE POLICY p ON clients.pets TO clients_app
      USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)`,
    ],
    [
      'the serving one its tenant',
      'clients.pets.p',
      `${PETS} CREATE POLICY p ON clients.pets TO clients_app USING (true) WITH CHECK (true)`,
    ],
    [
      'a policy names its role',
      'clients.pets.p',
      `${PETS} CREATE POLICY p ON clients.pets USING (true) WITH CHECK (true)`,
    ],
    [
      'the worker sees',
      'pets',
      `${PETS} CREATE POLICY p ON clients.pets TO clients_worker USING (true) WITH CHECK (true)`,
    ],
    [
      'with the rights of its reader',
      'clients.all_clients',
      'CREATE VIEW clients.all_clients AS SELECT name FROM clients.clients',
    ],
    [
      'materialized view',
      'clients.copy',
      'CREATE MATERIALIZED VIEW clients.copy AS SELECT name FROM clients.clients',
    ],
    ['above the wall', 'clients_app', 'ALTER ROLE clients_app BYPASSRLS'],
    ['above the wall', 'clients_worker', 'ALTER ROLE clients_worker SUPERUSER'],
    ['above the wall', 'auth_lookup', 'ALTER ROLE auth_lookup LOGIN'],
    [
      'owns nothing',
      'clients_app owns table clients',
      'ALTER TABLE clients.clients OWNER TO clients_app',
    ],
    ['become another', 'clients_app can be clients_owner', 'GRANT clients_owner TO clients_app'],
    ['may truncate', 'TRUNCATE to clients_app', 'GRANT TRUNCATE ON clients.clients TO clients_app'],
    ['refer', 'REFERENCES to clients_app', 'GRANT REFERENCES ON clients.clients TO clients_app'],
    ['trigger', 'TRIGGER to clients_worker', 'GRANT TRIGGER ON clients.clients TO clients_worker'],
    [
      'nobody but',
      'clients.clients: SELECT to public',
      'GRANT SELECT ON clients.clients TO public',
    ],
    ['its own schema', 'clients_app reaches auth', 'GRANT USAGE ON SCHEMA auth TO clients_app'],
    ['its own schema', 'auth_app reaches transport', 'GRANT USAGE ON SCHEMA transport TO public'],
    ['creates nothing', 'clients_app in clients', 'GRANT CREATE ON SCHEMA clients TO clients_app'],
    ['SECURITY DEFINER is listed', 'clients.spy', DEFINER],
    [
      'a look-up belongs',
      'auth.tenants_of_email',
      'ALTER FUNCTION auth.tenants_of_email OWNER TO auth_owner',
    ],
    [
      'fixes its search_path',
      'auth.tenants_of_email',
      'ALTER FUNCTION auth.tenants_of_email RESET search_path',
    ],
    [
      'for its service',
      'auth.tenants_of_email',
      'GRANT EXECUTE ON FUNCTION auth.tenants_of_email TO public',
    ],
    [
      'a unique key has the tenant',
      'clients.clients.one_email',
      'ALTER TABLE clients.clients ADD CONSTRAINT one_email UNIQUE (email)',
    ],
    [
      'a unique key has the tenant',
      'clients.clients.one_name',
      'CREATE UNIQUE INDEX one_name ON clients.clients (name) INCLUDE (tenant_id)',
    ],
    [
      'an exclusion has the tenant',
      'clients.clients.apart',
      `ALTER TABLE clients.clients ADD CONSTRAINT apart
        EXCLUDE USING gist (tstzrange(created_at, updated_at) WITH &&)`,
    ],
    [
      'a row of the same tenant',
      'clients.pets.of_owner',
      `${PETS} ALTER TABLE clients.pets ADD COLUMN owner_id uuid UNIQUE, ADD CONSTRAINT of_owner
        FOREIGN KEY (owner_id) REFERENCES clients.pets (owner_id)`,
    ],
    [
      'a row of the same tenant',
      'clients.pets.of_friend',
      `${PETS} ALTER TABLE clients.pets ADD COLUMN friend_id uuid, ADD CONSTRAINT of_friend
        FOREIGN KEY (friend_id, tenant_id) REFERENCES clients.clients (tenant_id, id)`,
    ],
    [
      "in the same service's schema",
      'clients.pets.of_tenant',
      `${PETS} ALTER TABLE clients.pets ADD CONSTRAINT of_tenant
        FOREIGN KEY (tenant_id) REFERENCES auth.tenants`,
    ],
    [
      'leakproof',
      'clients.pets.by_weight',
      `${PETS} ALTER TABLE clients.pets ADD COLUMN weight numeric;
      CREATE INDEX by_weight ON clients.pets (tenant_id, weight)`,
    ],
    [
      'leakproof',
      'clients.clients.by_span',
      'CREATE INDEX by_span ON clients.clients USING gist (tstzrange(created_at, updated_at))',
    ],
    ['not an enum', 'clients.mood', "CREATE TYPE clients.mood AS ENUM ('good')"],
    [
      'money is whole',
      'clients.pets.price_amount',
      `${PETS} ALTER TABLE clients.pets ADD COLUMN price_amount numeric(12, 2)`,
    ],
    ['a float', 'clients.pets.weight', `${PETS} ALTER TABLE clients.pets ADD COLUMN weight real`],
    ['a zone', 'clients.pets.born', `${PETS} ALTER TABLE clients.pets ADD COLUMN born timestamp`],
    ['a zone', 'clients.pets.born_at', `${PETS} ALTER TABLE clients.pets ADD COLUMN born_at date`],
  ])('%s: %s', async (rule, where, plant) => {
    await admin.query('BEGIN');
    try {
      await admin.query(plant);
      const faults = await catalogueFaults(query, services);
      expect(faults.filter((fault) => fault.includes(rule))).toContainEqual(
        expect.stringMatching(new RegExp(`: ${where.replaceAll('.', '\\.')}`)),
      );
    } finally {
      await admin.query('ROLLBACK');
    }
  });
});

describe('what is as it should be is none', () => {
  test.each([
    ['a walled table', PETS],
    [
      'a view of the reader',
      'CREATE VIEW clients.names WITH (security_invoker = true) AS SELECT name FROM clients',
    ],
    [
      'a foreign key within the tenant',
      `${PETS} ALTER TABLE clients.pets ADD COLUMN client_id uuid, ADD FOREIGN KEY
      (tenant_id, client_id) REFERENCES clients.clients`,
    ],
    [
      'an exclusion within the tenant',
      `ALTER TABLE clients.clients ADD CONSTRAINT apart EXCLUDE USING gist
      (tenant_id extensions.gist_uuid_ops WITH =, tstzrange(created_at, updated_at) WITH &&)`,
    ],
  ])('%s', async (_, plant) => {
    await admin.query('BEGIN');
    await admin.query(`SET LOCAL search_path = clients, extensions; ${plant}`);
    const faults = await catalogueFaults(query, services).finally(() => admin.query('ROLLBACK'));
    expect(faults).toEqual([]);
  });
});
