import type { Database, Reader, Row, Sql } from '@roundhouse/database';
import pg from 'pg';
import { prepareValue } from 'pg/lib/utils.js';
import type { TestDatabase } from './test-database.ts';

/** What Postgres did for one statement, as the serving role with its generic plan. */
export interface Plan {
  text: string;
  /** Rows that a scan looked at, whether they were wanted or not. */
  rows: number;
  /** Pages of 8 kB that were looked at, each time anew. */
  pages: number;
  /** Tables that were read from end to end. */
  read_whole: string[];
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

function planOf(text: string, root: PlanNode): Plan {
  const scans = nodesOf(root).filter((node) => /Scan$/.test(node['Node Type']));
  const inTables = scans.filter((node) => node['Relation Name'] !== undefined);
  const looked = inTables.map(
    (node) =>
      node['Actual Loops'] *
      (node['Actual Rows'] +
        (node['Rows Removed by Filter'] ?? 0) +
        (node['Rows Removed by Index Recheck'] ?? 0)),
  );
  const whole = inTables.filter((node) => node['Node Type'] === 'Seq Scan');
  return {
    text,
    rows: Math.round(looked.reduce((sum, rows) => sum + rows, 0)),
    pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    read_whole: whole.map((node) => String(node['Relation Name'])),
  };
}

export interface Explained<T> {
  result: T;
  plans: Plan[];
}

/**
 * Does the work, and tells how Postgres did each of its statements: prepared and with the generic
 * plan, as the service has them, since a plan for known values is another one.
 */
export async function explained<T>(
  { database, app, role }: { database: TestDatabase; app: Database; role: string },
  tenant_id: string,
  work: (tx: Reader) => Promise<T>,
): Promise<Explained<T>> {
  const client = new pg.Client({
    connectionString: database.url(role),
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
  });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant_id]);
  const plans: Plan[] = [];
  const explain = async ({ text, values }: Sql) => {
    const literals = values.map((value) => literalOf(value)).join(', ');
    await client.query(`PREPARE one AS ${text}`);
    const { rows } = await client.query(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE one${values.length ? `(${literals})` : ''}`,
    );
    await client.query('DEALLOCATE one');
    plans.push(planOf(text, rows[0]['QUERY PLAN'][0].Plan));
  };
  const origin = {
    actor_kind: 'system',
    actor_id: null,
    request_id: 'plan',
    address: null,
  } as const;
  const through = (tx: Reader): Reader => {
    const queries = async <R extends unknown[][] = Row[][]>(statements: Sql[]) => {
      for (const statement of statements) await explain(statement);
      return tx.queries<R>(statements);
    };
    return { queries, query: async <R = Row>(one: Sql) => (await queries<[R[]]>([one]))[0] };
  };
  try {
    const result = await app.tenant(tenant_id, origin).read((tx) => work(through(tx)));
    return { result, plans };
  } finally {
    await client.end();
  }
}

function literalOf(value: unknown): string {
  const text = value instanceof Temporal.Instant ? value.toString() : prepareValue(value);
  return text === null || text === undefined ? 'NULL' : pg.escapeLiteral(String(text));
}

/**
 * Writes more rows than could be made through the API: past the wall, the foreign keys and the
 * triggers. For plans alone, which need many.
 */
export async function fillTables(database: TestDatabase, statements: string[]): Promise<void> {
  const admin = new pg.Client({ connectionString: database.url('postgres') });
  await admin.connect();
  try {
    await admin.query(`SET session_replication_role = replica; SET maintenance_work_mem = '256MB'`);
    for (const statement of statements) await admin.query(statement);
  } finally {
    await admin.end();
  }
}
