import { DatabaseSync, type SQLInputValue, type SQLTagStore } from 'node:sqlite';

/** Any Stripe object: its body is kept as it was answered, unexpanded. */
export type Stored = { id: string; object: string };

export type Filter = { condition: string; value: SQLInputValue };

export type Window = { limit: number; before?: number; after?: number };

export type Store = {
  sql: SQLTagStore;
  /** All or nothing, and on the disk once it returns. Nested calls undo their own part alone. */
  transaction<Result>(work: () => Result): Result;
  /** As `transaction`, but a power failure may undo it; a killed process may not. */
  lazyTransaction<Result>(work: () => Result): Result;
  insert(account_id: string, body: Stored): void;
  save(body: Stored): void;
  find<Body extends Stored>(account_id: string, object: string, id: string): Body | undefined;
  /** Newest first, or with `after` the oldest ones after that place. */
  list<Body extends Stored>(account_id: string, filters: Filter[], window: Window): Body[];
  placeOf(account_id: string, object: string, id: string): number | undefined;
  clear(): void;
  close(): void;
};

/** `sequence` is the order of creation: `created` has one second's resolution. */
const SCHEMA = `
  create table if not exists objects (
    sequence integer primary key autoincrement,
    id text not null unique,
    account_id text not null,
    object text not null,
    body text not null check (json_valid(body)),
    created integer as (body ->> '$.created') virtual,
    customer text as (body ->> '$.customer') virtual,
    payment_intent text as (body ->> '$.payment_intent') virtual,
    payment_method text as (body ->> '$.payment_method') virtual,
    source text as (body ->> '$.source') virtual,
    type text as (body ->> '$.type') virtual,
    currency text as (body ->> '$.currency') virtual,
    net integer as (body ->> '$.net') virtual,
    available_on integer as (body ->> '$.available_on') virtual
  ) strict;
  create index if not exists objects_by_account on objects (account_id, object, sequence);
  create index if not exists objects_by_customer
    on objects (account_id, object, customer, sequence) where customer is not null;
  create index if not exists charges_by_payment_intent
    on objects (payment_intent) where object = 'charge';
  create index if not exists charges_by_payment_method
    on objects (payment_method) where object = 'charge';
  create index if not exists balances
    on objects (account_id, currency, available_on, net) where object = 'balance_transaction';

  create table if not exists test_payment_methods (
    payment_method_id text primary key references objects (id),
    test_id text not null
  ) strict;

  create table if not exists idempotency_keys (
    account_id text not null,
    key text not null,
    fingerprint text not null,
    request_id text not null,
    status integer not null,
    body text not null,
    created integer not null,
    primary key (account_id, key)
  ) strict;
  create index if not exists idempotency_keys_by_age on idempotency_keys (created);

  create table if not exists deliveries (
    event_id text primary key references objects (id),
    due_at_ms integer,
    attempts integer not null default 0,
    acknowledged integer not null default 0,
    last_error text
  ) strict;
  create index if not exists deliveries_due on deliveries (due_at_ms) where due_at_ms is not null;
`;

/** Opens the emulator's book: a file that survives kill -9, or `:memory:`. */
export function openStore(path: string): Store {
  const db = new DatabaseSync(path);
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
  db.exec(SCHEMA);
  const sql = db.createTagStore();
  const transaction = transactionsOf(db);
  return {
    sql,
    transaction,
    lazyTransaction(work) {
      db.exec('pragma synchronous = normal');
      try {
        return transaction(work);
      } finally {
        db.exec('pragma synchronous = full');
      }
    },
    ...objectsOf(db, sql),
    clear: () =>
      db.exec(`delete from deliveries; delete from idempotency_keys;
        delete from test_payment_methods; delete from objects`),
    close: () => db.close(),
  };
}

function transactionsOf(db: DatabaseSync): Store['transaction'] {
  let depth = 0;
  return (work) => {
    const name = `nested_${depth}`;
    const outermost = depth === 0;
    db.exec(outermost ? 'begin immediate' : `savepoint ${name}`);
    depth += 1;
    try {
      const result = work();
      db.exec(outermost ? 'commit' : `release ${name}`);
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself; a second rollback would hide the cause.
      if (db.isTransaction)
        db.exec(outermost ? 'rollback' : `rollback to ${name}; release ${name}`);
      throw error;
    } finally {
      depth -= 1;
    }
  };
}

function objectsOf(
  db: DatabaseSync,
  sql: SQLTagStore,
): Pick<Store, 'insert' | 'save' | 'find' | 'list' | 'placeOf'> {
  return {
    insert(account_id, body) {
      sql.run`insert into objects (id, account_id, object, body)
        values (${body.id}, ${account_id}, ${body.object}, ${JSON.stringify(body)})`;
    },
    save(body) {
      sql.run`update objects set body = ${JSON.stringify(body)} where id = ${body.id}`;
    },
    find(account_id, object, id) {
      const row = sql.get`select body from objects
        where id = ${id} and account_id = ${account_id} and object = ${object}`;
      return row === undefined ? undefined : JSON.parse(String(row.body));
    },
    list(account_id, filters, window) {
      const all = [{ condition: 'account_id = ?', value: account_id }, ...filters];
      if (window.before !== undefined)
        all.push({ condition: 'sequence < ?', value: window.before });
      if (window.after !== undefined) all.push({ condition: 'sequence > ?', value: window.after });
      const rows = db
        .prepare(
          `select body from objects where ${all.map((filter) => filter.condition).join(' and ')}
           order by sequence ${window.after === undefined ? 'desc' : 'asc'} limit ?`,
        )
        .all(...all.map((filter) => filter.value), window.limit);
      return rows.map((row) => JSON.parse(String(row.body)));
    },
    placeOf(account_id, object, id) {
      const row = sql.get`select sequence from objects
        where id = ${id} and account_id = ${account_id} and object = ${object}`;
      return row === undefined ? undefined : Number(row.sequence);
    },
  };
}
