/** Goes through every tenant table as the serving role, and says where the wall has a hole. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface WalkedDatabase {
  /** The address for a role such as `clients_app`. */
  url(role: string): string;
}

const OURS = randomUUID();
const THEIRS = randomUUID();
/** What both a missing right and a policy answer. */
const REFUSED = '42501';

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}

const tablesOf = async (client: pg.Client, service: string): Promise<string[]> => {
  const { rows } = await client.query(
    `SELECT format('%I.%I', nspname, relname) AS name FROM pg_class c
      JOIN pg_namespace n ON n.oid = relnamespace
      JOIN pg_attribute ON attrelid = c.oid AND attname = 'tenant_id'
      WHERE nspname = $1 AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`,
    [service],
  );
  return rows.map(({ name }) => name);
};

/** Drops whatever a table demands of a row: the wall is looked at, not what stands behind it. */
const bare = (table: string) => `
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = '${table}'::regclass
      AND contype <> 't' -- goes with its trigger, which is disabled below
      ORDER BY contype = 'n' -- a primary key holds its NOT NULLs
    LOOP
      EXECUTE format('ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS %I CASCADE', name);
    END LOOP;
  END $$;
  ALTER TABLE ${table} DISABLE TRIGGER USER;
  INSERT INTO ${table} (tenant_id) VALUES ('${OURS}'), ('${THEIRS}');`;

/** What a statement does to how many rows; undefined, where it is refused. */
async function attempt(client: pg.Client, sql: string, tenant = ''): Promise<number | undefined> {
  await client.query('BEGIN');
  try {
    await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant]);
    return (await client.query(sql)).rowCount ?? 0;
  } catch (error) {
    if ((error as pg.DatabaseError).code === REFUSED) return undefined;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function tableFaults(app: pg.Client, table: string): Promise<string[]> {
  const select = `SELECT tenant_id FROM ${table}`;
  const theirs = `WHERE tenant_id = '${THEIRS}'`;
  const insert = `INSERT INTO ${table} (tenant_id) VALUES ('${THEIRS}')`;
  const faults: string[] = [];
  const none = async (what: string, sql: string, tenant?: string) => {
    if (await attempt(app, sql, tenant)) faults.push(`${table}: ${what}`);
  };
  await none('shows rows without a tenant', select);
  await none('takes a row without a tenant', insert);
  await none("shows another tenant's rows", `${select} ${theirs}`, OURS);
  await none('takes a row for another tenant', insert, OURS);
  await none(
    "changes another tenant's rows",
    `UPDATE ${table} SET tenant_id = tenant_id ${theirs}`,
    OURS,
  );
  await none('gives a row to another tenant', `UPDATE ${table} SET tenant_id = '${THEIRS}'`, OURS);
  await none("deletes another tenant's rows", `DELETE FROM ${table} ${theirs}`, OURS);
  // Who sees nothing at all proves nothing.
  if ((await attempt(app, select, OURS)) === 0) faults.push(`${table}: shows nothing of its own`);
  return faults;
}

/** The database is of no use afterwards. */
export async function tenantWalk(database: WalkedDatabase, services: string[]): Promise<string[]> {
  const faults: string[] = [];
  for (const service of services) {
    const tables = await connected(database.url('postgres'), async (admin) => {
      const found = await tablesOf(admin, service);
      for (const table of found) await admin.query(bare(table));
      return found;
    });
    if (tables.length === 0) faults.push(`${service}: has no tables`);
    await connected(database.url(`${service}_app`), async (app) => {
      for (const table of tables) faults.push(...(await tableFaults(app, table)));
    });
  }
  return faults;
}
