import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** The address for a role such as `clients_app`. */
  url(role: string): string;
  /** Runs SQL as the superuser, past the tenant wall: to look, never to prepare. */
  inspect<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
  drop(): Promise<void>;
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is set by Jest's global set-up.`);
  return value;
}

async function asAdmin(server: string, work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await work(client).finally(() => client.end());
}

/** The RabbitMQ of the run, where it is one on containers: else a test starts its own. */
export const testBroker = process.env.ROUNDHOUSE_TEST_RABBITMQ;

/** A migrated, empty database of the test file's own. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = setting('ROUNDHOUSE_TEST_SERVER');
  const template = setting('ROUNDHOUSE_TEST_TEMPLATE');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    const { rows } = await client.query(
      `SELECT rolname FROM pg_roles WHERE rolname = 'transport'
         OR rolname ~ '_(owner|app|worker|lookup)$'`,
    );
    const all = rows.map((row) => row.rolname).join(', ');
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${all}`);
    await client.query(`GRANT CREATE ON DATABASE ${name} TO transport`);
  });
  const url = (role: string) => {
    const address = new URL(server);
    address.username = role;
    address.pathname = `/${name}`;
    return address.href;
  };
  const admin = new pg.Pool({ connectionString: url('postgres'), max: 1, allowExitOnIdle: true });
  admin.on('error', () => undefined);
  return {
    url,
    inspect: async (sql, values) => (await admin.query(sql, values)).rows,
    drop: async () => {
      await admin.end();
      await asAdmin(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}
