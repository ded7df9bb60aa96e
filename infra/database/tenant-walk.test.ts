import { expect, test } from '@jest/globals';
import { freshDatabase } from '@roundhouse/testing';
import pg from 'pg';
import { serviceFolders } from './services.ts';
import { tenantWalk } from './tenant-walk.ts';

async function walk(services: string[], plant = ''): Promise<string[]> {
  const database = await freshDatabase();
  try {
    const admin = new pg.Client({ connectionString: database.url('postgres') });
    await admin.connect();
    await admin.query(plant).finally(() => admin.end());
    return await tenantWalk(database, services);
  } finally {
    await database.drop();
  }
}

test('no table of any service shows or takes a row of another tenant, or of none', async () => {
  const services = serviceFolders().map(({ name }) => name);
  expect(services).not.toEqual([]);
  expect(await walk(services)).toEqual([]);
});

test.each([
  [
    'a wall that was taken down',
    'ALTER TABLE clients.clients DISABLE ROW LEVEL SECURITY',
    [
      'shows rows without a tenant',
      'takes a row without a tenant',
      "shows another tenant's rows",
      'takes a row for another tenant',
      "changes another tenant's rows",
      'gives a row to another tenant',
    ],
  ],
  [
    'a policy that looks at the reader alone',
    'ALTER POLICY tenant ON clients.clients WITH CHECK (true)',
    [
      'takes a row without a tenant',
      'takes a row for another tenant',
      'gives a row to another tenant',
    ],
  ],
  [
    'a policy for everybody, with the right to delete',
    `CREATE POLICY all_of_it ON clients.clients FOR DELETE USING (true);
      CREATE POLICY all_seen ON clients.clients FOR SELECT USING (true);
      GRANT DELETE ON clients.clients TO clients_app`,
    ['shows rows without a tenant', "shows another tenant's rows", "deletes another tenant's rows"],
  ],
  ['a wall without a door', 'DROP POLICY tenant ON clients.clients', ['shows nothing of its own']],
])('%s is seen', async (_, plant, faults) => {
  expect(await walk(['clients'], plant)).toEqual(
    faults.map((fault) => `clients.clients: ${fault}`),
  );
});

test('a service without tables is seen', async () => {
  expect(await walk(['clients'], 'DROP SCHEMA clients CASCADE')).toEqual([
    'clients: has no tables',
  ]);
});
