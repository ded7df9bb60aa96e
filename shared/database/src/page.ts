import { invalid } from '@roundhouse/errors';
import sql, { raw, type Sql } from 'sql-template-tag';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface PageRequest {
  /** 1 to 200 rows. */
  limit: number;
  cursor?: string | undefined;
  /** A column of the contract's list, descending with a leading `-`. */
  sort: string;
}

export interface Page<R> {
  data: R[];
  next_cursor: string | null;
}

/**
 * The end of a list's SQL: `AND (column, id) > (…) ORDER BY … LIMIT n + 1`, and what makes a page
 * of its rows. By key, so that page 10,000 costs what the first one does. `type` is the column's
 * SQL type; the contract has checked that `sort` is one of the columns that have an index.
 */
export function page(request: PageRequest, type: 'timestamptz' | 'text' = 'timestamptz') {
  const descending = request.sort.startsWith('-');
  const column = raw(request.sort.replace('-', ''));
  const after = request.cursor === undefined ? undefined : decode(request, type);
  const direction = raw(descending ? 'DESC' : 'ASC');
  const compare = raw(descending ? '<' : '>');
  const position: Sql =
    after === undefined
      ? sql``
      : sql`AND (${column}, id) ${compare} (${after.value}::${raw(type)}, ${after.id}::uuid)`;
  return {
    position,
    order: sql`ORDER BY ${column} ${direction}, id ${direction} LIMIT ${request.limit + 1}`,
    /** `to` makes of a row what the service shows of it. */
    of: <R extends object, T extends { id: string } = R & { id: string }>(
      rows: R[],
      to = (row: R): T => row as unknown as T,
    ): Page<T> => {
      const last = rows.length > request.limit ? rows[request.limit - 1] : undefined;
      return {
        data: rows.slice(0, request.limit).map(to),
        next_cursor: last === undefined ? null : encode(last as { id?: string }, request.sort),
      };
    },
    /** The cursor behind a row, for a list that ends a page before it is full. */
    behind: (row: { id: string }): string => encode(row, request.sort),
  };
}

/** The cursor names its sort, so that it cannot be used with another one. */
function encode(row: { id?: string }, sort: string): string {
  const value = String((row as Record<string, unknown>)[sort.replace('-', '')]);
  return Buffer.from(JSON.stringify([sort, value, row.id])).toString('base64url');
}

function decode({ cursor, sort }: PageRequest, type: string): { value: string; id: string } {
  try {
    const [of, value, id] = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString());
    if (of === sort && typeof value === 'string' && UUID.test(id) && fits(value, type)) {
      return { value, id };
    }
  } catch {
    // Not one of ours: refused below, like one of another list.
  }
  const detail = 'The cursor is not from this list with this sort.';
  throw invalid('cursor_invalid', '/cursor', detail);
}

/** A forged cursor is refused here and not by Postgres. */
const fits = (value: string, type: string): boolean =>
  type === 'timestamptz'
    ? /^[12]\d{3}-/.test(value) && Temporal.Instant.from(value).toString() === value
    : !value.includes('\0') && value.isWellFormed();
