import sql, { type Sql } from 'sql-template-tag';
import type { Row } from './batch.ts';
import { openPool, type PoolState, stateOf, warm } from './pool.ts';
import { send, type Trips, withClient } from './session.ts';
import { spanned } from './spans.ts';
import type { Origin, Tenant, TransactionOptions } from './tenant.ts';
import { type Frame, reader, runTransaction, setTenant, type Transaction } from './transaction.ts';

export { bulk, empty, raw, type Sql } from 'sql-template-tag';
export { type AuditEntry, audit, auditAll, redactAnswers, redactAudit } from './audit.ts';
export { type Page, type PageRequest, page } from './page.ts';
export type { PoolState } from './pool.ts';
export { codeOf } from './session.ts';
export type { Origin, Tenant, TenantTransaction } from './tenant.ts';
export type { Frame, Reader, Refusals, Transaction } from './transaction.ts';
export type { Row, Trips };
export { setTenant, sql };

export interface Database {
  tenant(id: string, origin: Origin, trips?: Trips, frame?: Frame<unknown>): Tenant;
  /** Calls a function that finds a tenant; without a tenant every table is empty. */
  lookup<R = Row>(statement: Sql, trips?: Trips): Promise<R[]>;
  /** Work across tenants on the few tables whose policies admit this role: relays and sweeps. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Opens all connections; rejects where that fails. */
  warm(): Promise<void>;
  /** What its connections do just now, for whoever watches. */
  state(): PoolState;
  close(): Promise<void>;
}

export interface Connection {
  url: string;
  /** Connections at most; all pools of a process together hold 8. */
  max: number;
  /** Told for each loan of a connection how many seconds its borrower waited for it. */
  onLent?: (waited_seconds: number) => void;
}

/** As Postgres keeps it: what is answered now is what is read later. */
const currentInstant = () => Temporal.Now.instant().round('microsecond');

function closingOf(frame: Frame<unknown>, framed: TransactionOptions['framed']) {
  if (framed === 'begin') return () => frame.begun ?? [];
  return framed === false ? undefined : frame.closing;
}

/** `now` is given by tests alone. */
export function connect(connection: Connection, now = currentInstant): Database {
  const pool = openPool({
    connectionString: connection.url,
    max: connection.max,
    // A caller who waits longer for a connection gets a 503 instead of a place in a growing queue.
    connectionTimeoutMillis: 1_000,
    // Kept when idle: to open one in a burst takes the time of those who wait for it.
    idleTimeoutMillis: 0,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
    // Every statement goes by a key of its tenant: planning it anew finds nothing better.
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
  });
  pool.onLent = connection.onLent;

  const tenant: Database['tenant'] = (id, origin, trips = { count: 0 }, frame = {}) => {
    const self: Tenant = {
      id,
      origin,
      trips,
      now,
      read: (work) =>
        spanned('read', trips, () => withClient(pool, (client) => work(reader(client, trips, id)))),
      transaction: (work, { framed = true } = {}) => {
        const claims = framed === true || framed === 'begin';
        const opening = [setTenant(id), ...(claims ? (frame.opening ?? []) : [])];
        const inTenant = (tx: Transaction) => work(Object.assign(tx, { tenant: self }));
        return spanned('transaction', trips, () =>
          runTransaction(pool, trips, opening, inTenant, closingOf(frame, framed)),
        );
      },
    };
    return self;
  };

  return {
    tenant,
    lookup: async <R = Row>(statement: Sql, trips: Trips = { count: 0 }) =>
      spanned('lookup', trips, () =>
        withClient(pool, async (client) => (await send(client, trips, [statement]))[0] as R[]),
      ),
    transaction: (work) => {
      const trips = { count: 0 };
      return spanned('transaction', trips, () => runTransaction(pool, trips, [], work));
    },
    warm: () => warm(pool),
    state: () => stateOf(pool),
    close: () => pool.end(),
  };
}
