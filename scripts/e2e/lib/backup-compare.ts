/** Two states of one database, row by row: a copy, and the original that has gone on since. */
import pg from 'pg';

/** Only what is added to these, so that whatever a copy has the original has for good. */
const APPEND_ONLY = [
  'bookings.acceptances',
  'payments.ledger_accounts',
  'payments.ledger_entries',
  'payments.ledger_transactions',
];
const SUMS = `SELECT tenant_id || ' ' || account_code || ' ' || currency AS account,
  sum(debit_amount - credit_amount)::text AS sum FROM payments.ledger_entries`;

/** For each table its rows: which transaction wrote the row, and the hash of all it holds. */
type Rows = Map<string, Map<string, number>>;

interface Picture {
  rows: Rows;
  database: pg.Client;
}

async function pictureOf(url: string): Promise<Picture> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows: tables } = await database.query(`
    SELECT schemaname || '.' || tablename AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`);
  const rows: Rows = new Map();
  for (const { name } of tables) {
    const found = await database.query(
      `SELECT t.xmin || ':' || md5(t::text) AS version, count(*)::int FROM ${name} t GROUP BY 1`,
    );
    rows.set(name, new Map(found.rows.map(({ version, count }) => [version, count])));
  }
  return { rows, database };
}

const writerOf = (version: string) => version.split(':')[0] ?? '';

/** Which of these transactions the copy has, as its own log of commits says. */
async function committedIn(copy: pg.Client, writers: string[]): Promise<Set<string>> {
  const { rows } = await copy.query(
    // Up to where the copy's recovery ended: what has got a number since is of its own.
    `WITH next AS (SELECT split_part(next_xid, ':', 2)::xid8 AS id FROM pg_control_checkpoint())
    SELECT writer::text FROM next, unnest($1::xid8[]) AS writer
    WHERE CASE WHEN writer < next.id
      THEN coalesce(pg_xact_status(writer), 'committed') = 'committed' ELSE false END`,
    [writers],
  );
  return new Set(rows.map(({ writer }) => writer));
}

export interface Comparison {
  tables: number;
  /** Rows of the copy. */
  rows: number;
  /** Rows that the original wrote after the copy was made. */
  later: number;
  /** What is to be in the copy and is not, or not as it was. */
  missing: string[];
  /** What only the copy has, though nobody changes or deletes it. */
  surplus: string[];
  /** Accounts whose sum differs. */
  unequal: string[];
}

const count = (versions: Iterable<number>) => [...versions].reduce((sum, one) => sum + one, 0);

/**
 * Each row of the original that was committed before the copy was whole is to be in the copy with
 * the same content. `copy` is a database that nobody has written in since it was restored.
 */
export async function compare(copy_url: string, original_url: string): Promise<Comparison> {
  const original = await pictureOf(original_url);
  const copy = await pictureOf(copy_url);
  try {
    const versions = [...original.rows.values()].flatMap((table) => [...table.keys()]);
    const writers = [...new Set(versions.map(writerOf))];
    const committed = await committedIn(copy.database, writers);
    const found = { tables: copy.rows.size, rows: 0, later: 0, missing: [], surplus: [] };
    const result: Comparison = { ...found, unequal: [] };
    for (const [name, table] of original.rows) {
      const copied = copy.rows.get(name) ?? new Map();
      result.rows += count(copied.values());
      for (const [version, times] of table) {
        if (!committed.has(writerOf(version))) result.later += times;
        else if (copied.get(version) !== times) result.missing.push(`${name} ${version}`);
      }
      if (!APPEND_ONLY.includes(name)) continue;
      const surplus = [...copied.keys()].filter((version) => !table.has(version));
      result.surplus.push(...surplus.map((version) => `${name} ${version}`));
    }
    result.unequal = await unequalSums(copy.database, original.database, [...committed]);
    return result;
  } finally {
    await copy.database.end();
    await original.database.end();
  }
}

async function unequalSums(copy: pg.Client, original: pg.Client, committed: string[]) {
  const wanted = await original.query(
    `${SUMS} WHERE xmin::text = ANY($1) GROUP BY tenant_id, account_code, currency`,
    [committed],
  );
  const found = await copy.query(`${SUMS} GROUP BY tenant_id, account_code, currency`);
  const sums = new Map(found.rows.map(({ account, sum }) => [account, sum]));
  const wrong = wanted.rows.filter(({ account, sum }) => {
    const same = sums.get(account) === sum;
    sums.delete(account);
    return !same;
  });
  return [...wrong.map(({ account }) => String(account)), ...sums.keys()];
}
