import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyTopology } from '@roundhouse/events/operator';
import knex from 'knex';
import { createRoles, roleUrl } from './roles.ts';
import { repository, type ServiceFolder } from './services.ts';
import { prepareTransport, tellTopology } from './transport.ts';

/** What every schema starts with, before the service's own tables. */
const FOUNDATION = join(repository, 'shared/database/migrations');

interface File {
  name: string;
  folder: string;
}

/**
 * Forward only: a file has an `up`, and mistakes are mended by the next file. One whose statements
 * go in no transaction says so by its `config`.
 */
const source = (files: File[]) => ({
  getMigrations: async () => files,
  getMigrationName: ({ name }: File) => name,
  getMigration: async ({ folder, name }: File) => {
    const { up, config } = await import(join(folder, name));
    const down = () => Promise.reject(new Error('Migrations go forward only.'));
    return { up, down, config };
  },
});

const filesIn = (folder: string): File[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => ({ name, folder }))
    : [];

async function migrateService(url: string, service: ServiceFolder): Promise<void> {
  const files = [FOUNDATION, join(service.folder, 'migrations')].flatMap(filesIn);
  const database = knex({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
  try {
    await database.migrate.latest({ migrationSource: source(files), schemaName: service.name });
  } finally {
    await database.destroy();
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

/** Brings a database to the newest schema, whatever it was before. No service runs meanwhile. */
export async function migrate(installation: Installation): Promise<void> {
  const { server, database, services, secret, broker } = installation;
  const admin = new URL(server);
  admin.pathname = `/${database}`;
  await createRoles(admin.href, services, secret);
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
