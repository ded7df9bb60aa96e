import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from './migrate.ts';
import { repository, serviceFolders } from './services.ts';

/** Whatever decides the schema; another text, another template. */
function schemaHash(): string {
  const patterns = ['shared/database/{migrations,src}/*.ts', 'services/*/migrations/*.ts'];
  const files = [
    ...patterns,
    'services/*/src/{subscriptions,events,main}.ts',
    'shared/service/src/standings.ts',
    'infra/database/*.ts',
  ]
    .flatMap((pattern) => globSync(pattern, { cwd: repository }))
    .map((file) => join(repository, file))
    .filter((file) => existsSync(file))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** A migrated, empty database that test files clone; answers its name. */
export async function prepareTemplate(server: string): Promise<string> {
  const name = `template_${schemaHash()}`;
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    // Two test runs at once: the second waits and finds the work done.
    await client.query(`SELECT pg_advisory_lock(hashtext('roundhouse template'))`);
    const { rows } = await client.query(
      `SELECT datname, datistemplate FROM pg_database
        WHERE datname LIKE 'template\\_%' ORDER BY oid`,
    );
    if (rows.some((row) => row.datname === name && row.datistemplate)) return name;
    // Not the newest ones: another run of this clone may be using them.
    for (const { datname } of rows.slice(0, -2)) {
      await client.query(`ALTER DATABASE ${datname} IS_TEMPLATE false`);
      await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
    }
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name}`);
    await migrate({ server, database: name, services: serviceFolders() });
    await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true`);
    return name;
  } finally {
    await client.end();
  }
}
