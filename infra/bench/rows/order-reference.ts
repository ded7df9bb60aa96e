/**
 * What bare Postgres commits of the rows that an order leaves: the same rows in tables of the same
 * shape (columns, defaults, indexes, checks and the exclusion constraint; no foreign keys, no
 * row-level security), a transaction for each order, in one call.
 */
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Platform } from '../platform.ts';
import type { Business } from '../prepare.ts';

const CONNECTIONS = 8;
const SCHEMA = 'bench_order';
const SETTLE_MS = 3_000;

export interface OrderReference {
  rows: number;
  tables: number;
  perSecond(duration_ms: number): Promise<number>;
  close(): Promise<void>;
}

interface Table {
  schema: string;
  name: string;
}

const TABLES = `
  SELECT table_schema AS schema, table_name AS name FROM information_schema.columns
  JOIN information_schema.tables USING (table_schema, table_name)
  WHERE column_name = 'tenant_id' AND table_type = 'BASE TABLE'
    AND table_schema IN (SELECT table_schema FROM information_schema.tables
      WHERE table_name = 'outbox')
  ORDER BY 1, 2`;

/** Columns of a table: each uuid but the tenant's is made anew, and so is a text that is unique. */
const COLUMNS = `
  SELECT column_name AS name, data_type AS type, is_generated = 'ALWAYS' AS generated,
    EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid
      AND attnum = ANY (indkey::int2[])
      WHERE indrelid = ($1 || '.' || $2)::regclass AND indisunique AND attname = column_name
        -- An id in the same key sets the rows apart already.
        AND NOT EXISTS (SELECT FROM pg_attribute AS id WHERE id.attrelid = indrelid
          AND id.attnum = ANY (indkey::int2[]) AND id.atttypid = 'uuid'::regtype
          AND id.attname <> 'tenant_id')
    ) AS is_unique
  FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2
  ORDER BY ordinal_position`;

interface Column {
  name: string;
  type: string;
  generated: boolean;
  is_unique: boolean;
}

function freshValue({ name, type, is_unique }: Column): string {
  if (name === 'tenant_id') return name;
  if (type === 'uuid') return `CASE WHEN ${name} IS NULL THEN NULL ELSE uuidv7() END`;
  return type === 'text' && is_unique ? `${name} || uuidv7()` : name;
}

/** Keeps what one order has written into the table, and says how to write it again. */
async function copyRows({ db }: Platform, table: Table, tenant_id: string, since: string) {
  const { schema, name } = table;
  const from = `${schema}.${name}`;
  const kept = `${SCHEMA}.kept_${schema}_${name}`;
  const into = `${SCHEMA}.${schema}_${name}`;
  const { rows: columns } = await db.query<Column>(COLUMNS, [schema, name]);
  const written = columns.filter(({ generated }) => !generated);
  const names = written.map((column) => column.name).join(', ');
  // What the order has written is younger than the transaction before it.
  const { rowCount } = await db.query(`CREATE TABLE ${kept} AS SELECT ${names} FROM ${from}
    WHERE tenant_id = '${tenant_id}' AND age(xmin) < age('${since}'::xid)`);
  if (rowCount === 0) return undefined;
  await db.query(`CREATE TABLE ${into} (LIKE ${from} INCLUDING ALL)`);
  const values = written.map(freshValue).join(', ');
  return {
    rows: rowCount ?? 0,
    sql: `INSERT INTO ${into} (${names}) SELECT ${values} FROM ${kept};`,
  };
}

/** `order` places one order of the business, whose rows become the pattern. */
export async function orderReference(
  platform: Platform,
  business: Business,
  order: () => Promise<void>,
): Promise<OrderReference> {
  const { db } = platform;
  await order();
  await setTimeout(SETTLE_MS);
  const { rows } = await db.query(
    'SELECT (pg_current_xact_id()::text::bigint % 4294967296)::text AS xid',
  );
  await order();
  await setTimeout(SETTLE_MS);
  await db.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; CREATE SCHEMA ${SCHEMA};
    SET search_path = extensions, public`);
  const copies = [];
  for (const table of (await db.query<Table>(TABLES)).rows) {
    const copy = await copyRows(platform, table, business.tenant_id, rows[0].xid);
    if (copy !== undefined) copies.push(copy);
  }
  const body = copies.map(({ sql }) => sql).join(' ');
  await db.query(`CREATE FUNCTION ${SCHEMA}.write() RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$ BEGIN ${body} END $$`);
  const pool = new pg.Pool({ connectionString: platform.admin_url, max: CONNECTIONS });
  pool.on('error', () => undefined);
  return {
    rows: copies.reduce((sum, copy) => sum + copy.rows, 0),
    tables: copies.length,
    perSecond: async (duration_ms) => {
      const began = performance.now();
      let written = 0;
      const writer = async () => {
        while (performance.now() - began < duration_ms) {
          await pool.query({ name: 'order', text: `SELECT ${SCHEMA}.write()` });
          written += 1;
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, writer));
      return (written * 1_000) / (performance.now() - began);
    },
    close: async () => {
      await pool.end();
      await db.query(`DROP SCHEMA ${SCHEMA} CASCADE; RESET search_path`);
    },
  };
}
