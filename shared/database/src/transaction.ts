import { setTimeout } from 'node:timers/promises';
import { conflict, type DomainError } from '@roundhouse/errors';
import type pg from 'pg';
import sql, { type Sql } from 'sql-template-tag';
import type { Row } from './batch.ts';
import type { Pool } from './pool.ts';
import { codeOf, send, type Trips, withClient } from './session.ts';

/** Names of constraints, and what their violation means to the caller. */
export type Refusals = Record<string, () => DomainError>;

export interface Reader {
  /** One statement, one round trip. */
  query<R = Row>(statement: Sql, refusals?: Refusals): Promise<R[]>;
  /** Several statements in one round trip, executed one after the other; rows for each. */
  queries<R extends unknown[][] = Row[][]>(statements: Sql[], refusals?: Refusals): Promise<R>;
}

export interface Transaction extends Reader {
  /** Goes with the next round trip, at the latest with the COMMIT. Its rows are not wanted. */
  queue(statement: Sql, refusals?: Refusals): void;
  /** Runs once the transaction has been committed, and never when it was rolled back. */
  afterCommit(callback: () => void): void;
}

/** Statements around the work of a transaction, sent with its first and its last round trip. */
export interface Frame<T> {
  opening?: Sql[];
  /** Ends the first of two transactions with a provider's call between them. */
  begun?: Sql[];
  closing?: (result: T) => Sql[];
}

export const setTenant = (tenant_id: string): Sql =>
  sql`SELECT set_config('app.tenant_id', ${tenant_id}, true)`;

const setTenantReadOnly = (tenant_id: string): Sql =>
  sql`SELECT set_config('app.tenant_id', ${tenant_id}, true),
    set_config('transaction_read_only', 'on', true)`;

const BEGIN = sql`BEGIN`;
const COMMIT = sql`COMMIT`;
const ROLLBACK = sql`ROLLBACK`;

/** The error that the store gave to a violated constraint, or the violation itself. */
function refusalOf(error: unknown, refusals: Refusals): unknown {
  const { constraint } = error as { constraint?: string };
  return (constraint !== undefined && refusals[constraint]?.()) || error;
}

class OpenTransaction implements Transaction {
  private readonly client: pg.ClientBase;
  private readonly trips: Trips;
  private waiting: Sql[];
  private refusals: Refusals = {};
  readonly callbacks: (() => void)[] = [];

  constructor(client: pg.ClientBase, trips: Trips, opening: Sql[]) {
    this.client = client;
    this.trips = trips;
    // BEGIN and the tenant travel with the first statement of the work.
    this.waiting = [BEGIN, ...opening];
  }

  async query<R = Row>(statement: Sql, refusals: Refusals = {}): Promise<R[]> {
    const [rows] = await this.queries([statement], refusals);
    return rows as R[];
  }

  async queries<R extends unknown[][] = Row[][]>(
    statements: Sql[],
    refusals: Refusals = {},
  ): Promise<R> {
    const ahead = this.waiting.length;
    const all = [...this.waiting, ...statements];
    this.waiting = [];
    try {
      const results = await send(this.client, this.trips, all);
      return results.slice(ahead) as R;
    } catch (error) {
      throw refusalOf(error, { ...this.refusals, ...refusals });
    }
  }

  queue(statement: Sql, refusals: Refusals = {}): void {
    this.waiting.push(statement);
    Object.assign(this.refusals, refusals);
  }

  afterCommit(callback: () => void): void {
    this.callbacks.push(callback);
  }

  async commit(closing: Sql[]): Promise<void> {
    // Nothing was asked: there is nothing to begin or to commit.
    if (this.waiting[0] === BEGIN && this.waiting.length <= 2 && closing.length === 0) return;
    await this.queries([...closing, COMMIT]);
    for (const callback of this.callbacks) callback();
  }

  async rollback(): Promise<void> {
    if (this.waiting[0] === BEGIN) return;
    await send(this.client, this.trips, [ROLLBACK]);
  }
}

async function attempt<T>(
  pool: Pool,
  trips: Trips,
  opening: Sql[],
  work: (tx: Transaction) => Promise<T>,
  closing?: (result: T) => Sql[],
): Promise<T> {
  return withClient(pool, async (client) => {
    const tx = new OpenTransaction(client, trips, opening);
    try {
      const result = await work(tx);
      await tx.commit(closing?.(result) ?? []);
      return result;
    } catch (error) {
      // A connection that died has rolled back by itself; the first error is the one that matters.
      await tx.rollback().catch(() => undefined);
      throw error;
    }
  });
}

/**
 * The victim lets the other one go first. Row locks know no queue: who came back at once would take
 * the row again before the other has woken, and both would stand where they stood.
 */
const yieldToTheOther = () => setTimeout(20 + Math.random() * 80);

const isDeadlock = (error: unknown) => codeOf(error) === '40P01' || codeOf(error) === '40001';

/**
 * Runs the work in one transaction; a deadlock's victim tries once more and then gives up. What it
 * asked in vain is not counted: it is chance, and not what the work costs.
 */
export async function runTransaction<T>(
  pool: Pool,
  trips: Trips,
  opening: Sql[],
  work: (tx: Transaction) => Promise<T>,
  closing?: (result: T) => Sql[],
): Promise<T> {
  const { count } = trips;
  try {
    return await attempt(pool, trips, opening, work, closing);
  } catch (error) {
    if (!isDeadlock(error)) throw error;
  }
  trips.count = count;
  await yieldToTheOther();
  try {
    return await attempt(pool, trips, opening, work, closing);
  } catch (error) {
    if (!isDeadlock(error)) throw error;
    throw conflict('busy', 'Others are changing the same thing. Try again.');
  }
}

/** Each query is a read-only transaction of its own; the same round trip sets the tenant. */
export function reader(client: pg.ClientBase, trips: Trips, tenant_id: string): Reader {
  const queries = async <R extends unknown[][] = Row[][]>(statements: Sql[]) => {
    const results = await send(client, trips, [setTenantReadOnly(tenant_id), ...statements]);
    return results.slice(1) as R;
  };
  return {
    queries,
    query: async <R = Row>(statement: Sql) => (await queries([statement]))[0] as R[],
  };
}
