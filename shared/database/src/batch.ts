import type pg from 'pg';
// What pg's own cursor and stream packages build on.
import { prepareValue } from 'pg/lib/utils.js';
import { serialize } from 'pg-protocol';
import type { Sql } from 'sql-template-tag';
import { parserFor } from './types.ts';

export type Row = Record<string, unknown>;

interface Field {
  name: string;
  dataTypeID: number;
}

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

/** What one connection knows of a statement text: its name on the server and its columns. */
interface Prepared {
  name: string;
  columns: Column[] | undefined;
}

type Wire = pg.Connection & { stream: { write(bytes: Buffer): boolean } };

const prepared = new WeakMap<object, Map<string, Prepared>>();
/** Beyond this many texts a connection prepares no more: some list is being spliced into SQL. */
const MAX_PREPARED = 500;

function preparedOn(connection: object): Map<string, Prepared> {
  const known = prepared.get(connection) ?? new Map<string, Prepared>();
  prepared.set(connection, known);
  return known;
}

const toText = (value: unknown): unknown =>
  value instanceof Temporal.Instant || value instanceof Temporal.PlainDate
    ? value.toString()
    : prepareValue(value);

/**
 * Several statements in one round trip: each is parsed, bound and executed, one Sync ends them all.
 * Each still sees what those before it committed or waited for (READ COMMITTED takes a snapshot per
 * statement), which one statement with the same parts would not. The first error skips the rest.
 * Outside BEGIN … COMMIT the batch is one implicit transaction, so a tenant set by its first
 * statement holds for the others and for nobody after them.
 */
export class Batch {
  private readonly statements: Sql[];
  private readonly done: (error: Error | undefined, results: Row[][]) => void;
  private readonly results: Row[][] = [];
  private readonly plan: Prepared[] = [];
  private rows: Row[] = [];
  private failure: Error | undefined;

  constructor(statements: Sql[], done: (error: Error | undefined, results: Row[][]) => void) {
    this.statements = statements;
    this.done = done;
  }

  /** Called by pg when the connection is free. */
  submit(connection: Wire): Error | undefined {
    const known = preparedOn(connection);
    let messages: Buffer[];
    try {
      messages = this.statements.flatMap(({ text, values }) =>
        this.messagesFor(known, text, values),
      );
    } catch (error) {
      // A value without a text: nothing was sent, and the connection is as it was.
      return error as Error;
    }
    // One buffer is one system call, and those are a fifth of what a service spends.
    connection.stream.write(Buffer.concat([...messages, serialize.sync()]));
    return undefined;
  }

  private messagesFor(known: Map<string, Prepared>, text: string, values: unknown[]): Buffer[] {
    const messages: Buffer[] = [];
    let entry = known.get(text);
    if (entry === undefined) {
      const name = known.size < MAX_PREPARED ? `s${known.size}` : '';
      entry = { name, columns: undefined };
      messages.push(serialize.parse({ text, name }));
      if (name !== '') known.set(text, entry);
    }
    this.plan.push(entry);
    messages.push(serialize.bind({ statement: entry.name, values, valueMapper: toText }));
    // Columns do not change while a service runs, so they are asked for once.
    if (entry.columns === undefined) messages.push(serialize.describe({ type: 'P' }));
    messages.push(serialize.execute());
    return messages;
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    const columns = fields.map(({ name, dataTypeID }) => ({ name, parse: parserFor(dataTypeID) }));
    this.current().columns = columns;
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const row: Row = {};
    try {
      for (const [index, { name, parse }] of (this.current().columns ?? []).entries()) {
        const value = fields[index];
        row[name] = value === null || value === undefined ? null : parse(value);
      }
      this.rows.push(row);
    } catch (error) {
      this.failure ??= error as Error;
    }
  }

  handleCommandComplete(): void {
    this.current().columns ??= [];
    this.results.push(this.rows);
    this.rows = [];
  }

  /** pg forgets the query at its first error, so nothing more is told to this one. */
  handleError(error: Error, connection?: Wire): void {
    if (connection !== undefined) this.forgetUnparsed(connection);
    this.done(this.failure ?? error, []);
  }

  /** Whatever follows the failed statement was skipped by the server, its Parse included. */
  private forgetUnparsed(connection: Wire): void {
    const known = preparedOn(connection);
    for (const { text } of this.statements.slice(this.results.length)) {
      const entry = known.get(text);
      if (entry === undefined || entry.columns !== undefined) continue;
      // The name stays taken on the server if its Parse came through: never use it again.
      known.delete(text);
      known.set(`\0${entry.name}`, entry);
    }
  }

  handleReadyForQuery(): void {
    this.done(this.failure, this.results);
  }

  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }

  private current(): Prepared {
    const entry = this.plan[this.results.length];
    if (entry === undefined) throw new Error('The server answered more statements than were sent.');
    return entry;
  }
}
