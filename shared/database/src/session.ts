import { unavailable } from '@roundhouse/errors';
import type pg from 'pg';
import type { Sql } from 'sql-template-tag';
import { Batch, type Row } from './batch.ts';
import { borrow, isExhausted, type Pool } from './pool.ts';

/** Counts round trips: they, more than anything else, decide what a write costs. */
export interface Trips {
  count: number;
}

/** SQLSTATEs that say "nobody can ask this server now", and not "the statement is wrong". */
const OUTAGE = /^(08|25P0[34]|28|57P0|57014|53|58)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT']);

export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null ? String((error as { code?: unknown }).code) : '';

function isOutage(error: unknown): boolean {
  const code = codeOf(error);
  if (OUTAGE.test(code) || SOCKET.has(code)) return true;
  const { message } = error as Error;
  return code === 'undefined' && /connection|terminated|timeout/i.test(message ?? '');
}

/** What a failed statement is to the caller: an outage is a 503, the rest stays as it is. */
function translateOutage(error: unknown): unknown {
  if (isExhausted(error)) return unavailable('busy', 'Too much is asked at once. Try again.');
  if (!isOutage(error)) return error;
  const told = unavailable('database_unavailable', 'The database does not answer. Try again.');
  told.cause = error;
  return told;
}

/** Sends the statements in one round trip and answers the rows of each. */
export function send(client: pg.ClientBase, trips: Trips, statements: Sql[]): Promise<Row[][]> {
  trips.count += 1;
  return new Promise((resolve, reject) => {
    const batch = new Batch(statements, (error, results) =>
      error === undefined ? resolve(results) : reject(error),
    );
    client.query(batch as unknown as pg.Submittable);
  });
}

/** Lends a connection while the work lasts; a broken one does not come back to the pool. */
export async function withClient<T>(
  pool: Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await borrow(pool);
  } catch (error) {
    throw translateOutage(error);
  }
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    const told = translateOutage(error);
    if (told !== error) broken = error as Error;
    throw told;
  } finally {
    client.release(broken);
  }
}
