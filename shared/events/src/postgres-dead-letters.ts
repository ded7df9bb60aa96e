import { openPool } from '@roundhouse/database/pool';
import { type DeadLetter, type DeadLetters, factsOf, type Selection } from './dead-letters.ts';

interface Row {
  id: string;
  queue: string;
  event: unknown;
  error: string;
  failed_at: string;
  attempts: number;
}

const ID = `coalesce(event ->> 'id', md5(event::text))`;
const COLUMNS = `${ID} AS id, queue, event, error, attempts,
  to_char(failed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS failed_at`;

const toLetter = ({ event, ...row }: Row): DeadLetter => ({ ...row, ...factsOf(event) });

const values = (which: Selection) =>
  'all' in which ? [which.all, null] : [which.queue ?? null, which.id];
const SELECTED = `($1::text IS NULL OR queue = $1) AND ($2::text IS NULL OR ${ID} = $2)`;

/** Dead letters of the transport in Postgres; `url` is the role `transport`'s. */
export function postgresDeadLetters(url: string): DeadLetters {
  const pool = openPool({ connectionString: url, max: 1 });
  const ask = async (sql: string, with_values: unknown[]) =>
    (await pool.query<Row>(sql, with_values)).rows.map(toLetter);
  return {
    list: (queue) =>
      ask(
        `SELECT ${COLUMNS} FROM transport.dead_letters
          WHERE $1::text IS NULL OR queue = $1 ORDER BY failed_at`,
        [queue ?? null],
      ),
    // One statement: it is a job again and no dead letter any more, or nothing has happened.
    replay: (which) =>
      ask(
        `WITH gone AS (DELETE FROM transport.dead_letters WHERE ${SELECTED} RETURNING ${COLUMNS}),
           again AS MATERIALIZED (SELECT id, transport.replay(queue, event) FROM gone)
         SELECT id, queue, event, error, attempts, failed_at FROM gone
          WHERE id IN (SELECT id FROM again)
          ORDER BY failed_at`,
        values(which),
      ),
    drop: (which) =>
      ask(
        `DELETE FROM transport.dead_letters WHERE ${SELECTED} RETURNING ${COLUMNS}`,
        values(which),
      ),
    close: () => pool.end(),
  };
}
