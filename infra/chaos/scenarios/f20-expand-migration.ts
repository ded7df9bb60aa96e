import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../database/migrate.ts';
import { type ServiceFolder, serviceFolders } from '../../database/services.ts';
import { loadState } from '../../launcher/state.ts';
import type { Platform } from '../platform.ts';
import type { Scenario, Stage } from '../scenario.ts';

/** Somebody reads the table for so long: behind a migration that waits for him all would wait. */
const READER_MS = 3_000;
const GOAL_MS = 200;
/** On a busy machine a timer of 200 ms may take longer; without one it were the reader's time. */
const LIMIT_MS = 2_000;
const LOOK_EVERY_MS = 20;

const COLUMN = `export async function up(knex) {
  await knex.raw('ALTER TABLE charters ADD COLUMN IF NOT EXISTS purpose text');
  await knex.raw('ALTER TABLE quotes ADD COLUMN IF NOT EXISTS purpose text');
}
`;
const INDEX = `export const config = { transaction: false };
export async function up(knex) {
  const index = 'charters_by_purpose ON charters (tenant_id, purpose)';
  await knex.raw('CREATE INDEX CONCURRENTLY IF NOT EXISTS ' + index);
}
`;

/** bookings as its next release would have it: all that it has, and two migrations more. */
function nextRelease({ scratch }: Platform, { name, folder }: ServiceFolder): ServiceFolder {
  const next = join(scratch, 'next', name);
  const migrations = join(next, 'migrations');
  mkdirSync(migrations, { recursive: true });
  for (const entry of readdirSync(folder).filter((one) => one !== 'migrations')) {
    symlinkSync(join(folder, entry), join(next, entry));
  }
  for (const file of readdirSync(join(folder, 'migrations'))) {
    symlinkSync(join(folder, 'migrations', file), join(migrations, file));
  }
  writeFileSync(join(migrations, '9001_expand.ts'), COLUMN);
  writeFileSync(join(migrations, '9002_index.ts'), INDEX);
  return { name, folder: next };
}

/** What requests wait for the table, at the most, as long as `done` does not resolve. */
async function longestWait({ platform, pause }: Stage, done: Promise<unknown>): Promise<number> {
  let over = false;
  let longest = 0;
  const ended = done.finally(() => {
    over = true;
  });
  while (!over) {
    const [row] = await platform.rows<{ waited_ms: number }>(
      `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart) * 1000), 0)::float
          AS waited_ms
        FROM pg_locks WHERE NOT granted AND locktype = 'relation'
          AND mode <> 'AccessExclusiveLock'`,
    );
    longest = Math.max(longest, row?.waited_ms ?? 0);
    await pause(LOOK_EVERY_MS);
  }
  await ended;
  return longest;
}

async function readSlowly(database: string, pause: Stage['pause']): Promise<void> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query('BEGIN; SELECT count(*) FROM bookings.charters');
  await pause(READER_MS);
  await client.query('COMMIT');
  await client.end();
}

async function run(stage: Stage): Promise<void> {
  const { platform, fault, pause, check, figure } = stage;
  const database = String(platform.addresses.DATABASE_URL);
  const services = serviceFolders().map((service) =>
    service.name === 'bookings' ? nextRelease(platform, service) : service,
  );
  const server = new URL(database);
  const name = server.pathname.slice(1);
  server.pathname = '';
  const { roles_secret: secret } = loadState(String(platform.addresses.DATA_DIR));
  const reading = readSlowly(database, pause);
  const waited_ms = await fault('expand', { excuses: () => false }, () =>
    longestWait(stage, migrate({ server: server.href, database: name, services, secret })),
  );
  await reading;
  const [column] = await platform.rows(
    `SELECT FROM information_schema.columns
      WHERE table_schema = 'bookings' AND table_name = 'charters' AND column_name = 'purpose'`,
  );
  check('the migration is in', column !== undefined);
  figure('longest wait for a lock of a table', `${waited_ms.toFixed(0)} ms`, `${GOAL_MS} ms`);
  check('nobody waits for the migration', waited_ms < LIMIT_MS, `${waited_ms} ms`);
}

export const scenario: Scenario = {
  id: 'F20',
  sentence: 'a migration adds columns and an index while requests run and somebody reads for long',
  needs: { label: 'F20' },
  run,
};
