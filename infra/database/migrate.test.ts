import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase } from '@roundhouse/testing';
import pg from 'pg';
import { migrate } from './migrate.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let folder: string;
let clients: pg.Client[];

beforeEach(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'roundhouse-migrate-'));
  mkdirSync(join(folder, 'migrations'));
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** A service of its own, with these migrations, in a schema that no other has. */
function writes(files: Record<string, string>): void {
  for (const [name, body] of Object.entries(files)) {
    const text = `export async function up(knex) { ${body} }\n`;
    writeFileSync(join(folder, 'migrations', `${name}.ts`), text);
  }
}

function migrates(): Promise<void> {
  const url = new URL(database.url('postgres'));
  const name = url.pathname.slice(1);
  url.pathname = '';
  return migrate({ server: url.href, database: name, services: [{ name: 'laundry', folder }] });
}

async function connects(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url('postgres') });
  clients.push(client);
  await client.connect();
  return client;
}

const columns = async (client: pg.Client) => {
  const { rows } = await client.query(`
    SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = 'laundry' AND table_name = 'shirts' ORDER BY ordinal_position`);
  return rows.map(({ name }) => name);
};

const create = { '0101_shirts': "await knex.raw('CREATE TABLE shirts (id int)')" };
const widen = { '0102_color': "await knex.raw('ALTER TABLE shirts ADD color text')" };

test('two migrators at once apply each file once', async () => {
  writes({ ...create, ...widen });
  await Promise.all([migrates(), migrates(), migrates()]);
  const client = await connects();
  expect(await columns(client)).toEqual(['id', 'color']);
});

test('what a killed migrator left locked does not hold up the next one', async () => {
  writes(create);
  await migrates();
  const client = await connects();
  await client.query('UPDATE laundry.knex_migrations_lock SET is_locked = 1');
  writes(widen);
  await migrates();
  expect(await columns(client)).toEqual(['id', 'color']);
});

test('a migration that waits for a table lets those through that come after it', async () => {
  writes(create);
  await migrates();
  writes(widen);
  const [holder, other, watcher] = [await connects(), await connects(), await connects()];
  await holder.query('BEGIN');
  await holder.query('SELECT id FROM laundry.shirts');
  const migrating = migrates();
  const waits = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'laundry.shirts'::regclass`;
  while ((await watcher.query(waits)).rowCount === 0) await watcher.query('SELECT pg_sleep(0.01)');
  // Behind the migration, until that gives way.
  await other.query('SELECT id FROM laundry.shirts');
  expect(await columns(watcher)).toEqual(['id']);
  await holder.query('COMMIT');
  await migrating;
  expect(await columns(watcher)).toEqual(['id', 'color']);
});

test('a migration that is wrong is told, and nothing of it stays', async () => {
  writes({
    ...create,
    '0102_wrong': "await knex.raw('ALTER TABLE shirts ADD color text'); await knex.raw('SELEC')",
  });
  await expect(migrates()).rejects.toThrow('syntax error');
  expect(await columns(await connects())).toEqual(['id']);
});
