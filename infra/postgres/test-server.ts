/** The Postgres that tests share: `node infra/postgres/test-server.ts start | stop`. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { prepareTemplate } from '../database/template.ts';
import { postgresServer, serverHome } from './server.ts';

const repository = dirname(dirname(import.meta.dirname));
const clone = createHash('sha256').update(repository).digest('hex').slice(0, 8);
/** Every clone of the repository has a port of its own, below the ephemeral range. */
const port = 20_000 + (Number.parseInt(clone, 16) % 8_000);

const server = postgresServer({
  home: serverHome(join(repository, '.roundhouse/test'), `test-${clone}`),
  port,
  durable: false,
  max_connections: 300,
});

/** Starts the server where it does not run, and prepares the database that test files clone. */
export async function startTestServer(): Promise<void> {
  await server.start();
  const url = `postgres://postgres@127.0.0.1:${port}`;
  process.env.ROUNDHOUSE_TEST_SERVER = url;
  process.env.ROUNDHOUSE_TEST_TEMPLATE = await prepareTemplate(url);
}

if (import.meta.main) await (process.argv[2] === 'stop' ? server.stop() : startTestServer());
