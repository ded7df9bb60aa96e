/** `scripts/migrate [--data DIR]`: this code's migrations, on a platform that works meanwhile. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fromCommandLine } from '../command-line.ts';
import { migrate } from '../database/migrate.ts';
import { repository, serviceFolders } from '../database/services.ts';
import { loadState } from './state.ts';

const readArguments = () =>
  parseArgs({ options: { data: { type: 'string', default: join(repository, '.roundhouse') } } });

const { values } = fromCommandLine(readArguments, 'scripts/migrate [--data DIR]');
const data = resolve(values.data);

/** The database of the platform that runs there, with the superuser's name and password. */
function databaseUrl(): URL {
  const file = join(data, 'addresses');
  const [, url] =
    /^DATABASE_URL=(.+)$/m.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  if (url === undefined) throw new Error(`No platform runs on ${data}: scripts/start`);
  return new URL(url);
}

async function run(): Promise<void> {
  const url = databaseUrl();
  const database = url.pathname.slice(1);
  url.pathname = '';
  const { roles_secret: secret } = loadState(data);
  const { RABBITMQ_URL } = process.env;
  const onAway = (error: Error) => process.stderr.write(`RabbitMQ: ${error.message}\n`);
  const broker = RABBITMQ_URL ? { broker: { url: RABBITMQ_URL, onAway } } : {};
  const began = performance.now();
  await migrate({ server: url.href, database, services: serviceFolders(), secret, ...broker });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`The database is as this code wants it, after ${seconds} s.\n`);
}

await run().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\nRun it again: it goes on where it was.\n`);
  process.exitCode = 1;
});
