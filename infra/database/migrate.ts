import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { applyTopology } from '@roundhouse/events/operator';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { createRoles, roleUrl } from './roles.ts';
import { repository, type ServiceFolder } from './services.ts';
import { prepareTransport, tellTopology } from './transport.ts';

/** What every schema starts with, before the service's own tables. */
const FOUNDATION = join(repository, 'shared/database/migrations');

/**
 * How long a migration waits for a table, in milliseconds: whoever wants the table after it waits
 * behind it. It then lets them through, and tries again.
 */
const LOCK_PATIENCE_MS = 150;
const NEXT_TRY_MS = 100;
/** Who holds a table for as long as this without a pause has to be looked at by a person. */
const GIVE_UP_MS = 120_000;
/** A lock that was not to be had in time, and a deadlock with a request. */
const TRANSIENT = ['55P03', '40P01'];

interface File {
  name: string;
  folder: string;
}

interface Migration {
  up: (knex: Knex) => Promise<void>;
  config?: { transaction?: boolean };
}

/** In a transaction of its own. What goes in none builds beside the writers, and may wait. */
const patiently =
  ({ up, config }: Migration): Migration['up'] =>
  async (transaction) => {
    if (config?.transaction !== false) {
      await transaction.raw(`SET LOCAL lock_timeout = ${LOCK_PATIENCE_MS}`);
    }
    await up(transaction);
  };

/**
 * Forward only: a file has an `up`, and mistakes are mended by the next file. One whose statements
 * go in no transaction says so by its `config`.
 */
const source = (files: File[]) => ({
  getMigrations: async () => files,
  getMigrationName: ({ name }: File) => name,
  getMigration: async ({ folder, name }: File) => {
    const migration: Migration = await import(join(folder, name));
    const down = () => Promise.reject(new Error('Migrations go forward only.'));
    return { up: patiently(migration), down, config: migration.config };
  },
});

const filesIn = (folder: string): File[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => ({ name, folder }))
    : [];

/** Knex would tell of each try; what matters is thrown. */
const quiet = () => undefined;
const log = { warn: quiet, error: quiet, deprecate: quiet, debug: quiet };

/** Each file that is not in yet; one that met a lock is undone by itself, and tried again. */
async function migrateService(url: string, service: ServiceFolder): Promise<void> {
  const files = [FOUNDATION, join(service.folder, 'migrations')].flatMap(filesIn);
  const database = knex({ client: 'pg', connection: url, pool: { min: 0, max: 1 }, log });
  const how = { migrationSource: source(files), schemaName: service.name };
  const deadline = performance.now() + GIVE_UP_MS;
  try {
    for (;;) {
      // Knex' own lock is a row, which a migrator that was killed leaves behind; we are alone.
      await database.migrate.forceFreeMigrationsLock(how);
      const met = await database.migrate.latest(how).then(
        () => undefined,
        (error: { code?: string }) => error,
      );
      if (met === undefined) return;
      if (!TRANSIENT.includes(met.code ?? '') || performance.now() > deadline) throw met;
      await setTimeout(NEXT_TRY_MS);
    }
  } finally {
    await database.destroy();
  }
}

/**
 * One migrator a database; the lock ends with its session, however that ends. Asked for again and
 * again: who waits in a statement has a snapshot, for whose end an index that is built waits.
 */
async function alone(adminUrl: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => {
    // The server has gone: the work hears of it by its own connection.
  });
  await client.connect();
  try {
    const take = `SELECT pg_try_advisory_lock(hashtext('roundhouse migrations')) AS ours`;
    while (!(await client.query(take)).rows[0].ours) await setTimeout(NEXT_TRY_MS);
    await work();
  } finally {
    await client.end();
  }
}

export interface Installation {
  /** The server's address with the superuser's name and password, without a database. */
  server: string;
  database: string;
  services: ServiceFolder[];
  /** From which the roles' passwords are derived; none where the server trusts. */
  secret?: string;
  /** Where RabbitMQ carries the events: it is told who reads what, if it can be reached. */
  broker?: { url: string; onAway: (error: Error) => void };
}

/**
 * Brings a database to the newest schema, whatever it was before, also while the services of the
 * version before work on it. Killed, it goes on where it was when it is run again.
 */
export async function migrate(installation: Installation): Promise<void> {
  const admin = new URL(installation.server);
  admin.pathname = `/${installation.database}`;
  await alone(admin.href, () => migrateAll(admin.href, installation));
}

async function migrateAll(admin: string, installation: Installation): Promise<void> {
  const { server, database, services, secret, broker } = installation;
  await createRoles(admin, services, secret);
  for (const service of services) {
    await migrateService(roleUrl(server, database, `${service.name}_owner`, secret), service);
  }
  const topology = await prepareTransport(roleUrl(server, database, 'transport', secret), services);
  for (const { name } of services) {
    await tellTopology(roleUrl(server, database, `${name}_owner`, secret), topology);
  }
  // A broker that is away is told by the services, as soon as it is there.
  if (broker !== undefined) await applyTopology(broker.url, topology).catch(broker.onAway);
}
