import { type Page, page, type Reader, raw, type Sql, sql } from '@roundhouse/database';
import { invalid } from '@roundhouse/errors';
import type { Input } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { queryRanges, type TermRange, tagRange } from '../search/terms.ts';
import { type Client, columns } from './store.ts';

type Query = Input<typeof contract.routes.listClients>['query'];

/** So many are looked up one by one and sorted; where there are more, the list is walked. */
const FEW = 2_000;
/** So many are looked at for one page: it may end before it is full, and the cursor goes on. */
const WALK = 5_000;
const MAX_RANGES = 6;

/** One row for each client that fits one part of the query, or a few for one client. */
interface Candidates {
  ids: Sql;
}

const LIST = {
  name: { column: 'name_key', type: 'text' },
  created_at: { column: 'created_at', type: 'timestamptz' },
  updated_at: { column: 'updated_at', type: 'timestamptz' },
} as const;

/** How the list is sorted and where the page begins, once for its rows and once for its walk. */
function pagesOf(query: Query) {
  const [, descending, by] = /^(-?)(.+)$/.exec(query.sort) as unknown as [
    string,
    string,
    keyof typeof LIST,
  ];
  const { column, type } = LIST[by];
  const of = { ...query, sort: `${descending}${column}` };
  return { rows: page(of, type), walk: page({ ...of, limit: 2 * WALK }, type), column, type };
}

const live = ({ archived }: Query): Sql =>
  archived === 'true' ? sql`archived_at IS NOT NULL AND gone_at IS NULL` : sql`archived_at IS NULL`;

function rangesOf({ q, tag }: Query): TermRange[] {
  const ranges = q === undefined ? [] : queryRanges(q);
  if (q !== undefined && ranges.length === 0) {
    throw invalid('invalid', '/q', 'has nothing to search for: no letter and no digit');
  }
  if (ranges.length > MAX_RANGES) {
    throw invalid('invalid', '/q', `has more than ${MAX_RANGES} words`);
  }
  return tag === undefined ? ranges : [...ranges, tagRange(tag)];
}

/** Each part of the query that may be true of few clients, as a way to find them. */
function candidatesOf(tenant_id: string, query: Query, ranges: TermRange[]): Candidates[] {
  const { kind, status, has_email, created_from, created_to, external_id } = query;
  const those = (where: Sql): Candidates => ({
    ids: sql`SELECT id AS client_id FROM clients WHERE tenant_id = ${tenant_id} AND ${where}`,
  });
  const between = sql`created_at >= ${created_from ?? '-infinity'}::timestamptz
    AND created_at < ${created_to ?? 'infinity'}::timestamptz`;
  return [
    ...ranges.map(({ low, high }) => ({
      ids: sql`SELECT client_id FROM search_terms
        WHERE tenant_id = ${tenant_id} AND term >= ${low} AND term < ${high}`,
    })),
    ...(external_id === undefined ? [] : [those(sql`external_id = ${external_id}`)]),
    ...(kind === undefined ? [] : [those(sql`kind = ${kind}`)]),
    ...(status === undefined ? [] : [those(sql`status = ${status}`)]),
    ...(has_email === 'false' ? [those(sql`email IS NULL`)] : []),
    ...(created_from || created_to ? [those(sql`${live(query)} AND ${between}`)] : []),
  ];
}

/** Of how many clients a part of the query is true, counted up to what is still few. */
const countOf = ({ ids }: Candidates): Sql =>
  sql`SELECT count(*)::int AS count FROM (${ids} LIMIT ${FEW + 1}) AS counted`;

/**
 * What a client has to be. One text for any number of words and filters, since each text is a
 * prepared statement. OFFSET 0 keeps Postgres from making a join over all terms of it: the terms
 * of one client after the other are looked up.
 */
function fits(tenant_id: string, query: Query, ranges: TermRange[]): Sql {
  const { kind = null, status = null, external_id = null } = query;
  const { created_from = null, created_to = null } = query;
  const has_email = query.has_email === undefined ? null : query.has_email === 'true';
  return sql`
    (${kind}::text IS NULL OR kind = ${kind})
    AND (${status}::text IS NULL OR status = ${status})
    AND (${external_id}::text IS NULL OR external_id = ${external_id})
    AND (${has_email}::boolean IS NULL OR (email IS NOT NULL) = ${has_email})
    AND (${created_from}::timestamptz IS NULL OR created_at >= ${created_from})
    AND (${created_to}::timestamptz IS NULL OR created_at < ${created_to})
    AND NOT EXISTS (
      SELECT FROM unnest(${ranges.map(({ low }) => low)}::text[],
        ${ranges.map(({ high }) => high)}::text[]) AS wanted (low, high)
      WHERE NOT EXISTS (
        SELECT FROM search_terms t WHERE t.tenant_id = ${tenant_id} AND t.client_id = one.id
          AND t.term >= wanted.low AND t.term < wanted.high OFFSET 0) OFFSET 0)`;
}

/** Few: each of them is looked up, and what fits is sorted. */
function lookUp(tenant_id: string, query: Query, few: Candidates, which: Sql): Sql {
  const { rows } = pagesOf(query);
  return sql`
    SELECT ${columns}, name_key
    FROM (SELECT DISTINCT client_id FROM (${few.ids} LIMIT ${2 * FEW}) AS found) AS candidate
    CROSS JOIN LATERAL (
      SELECT ${columns}, name_key FROM clients WHERE tenant_id = ${tenant_id}
        AND id = candidate.client_id AND ${live(query)} OFFSET 0) AS one
    WHERE ${which} ${rows.position} ${rows.order}`;
}

/** A row's place in the list, as it is sorted. */
interface Key {
  id: string;
  key: string | Temporal.Instant;
}

/** Many: the list is walked in its order from the cursor to the `last` one of this page. */
function walkTo(tenant_id: string, query: Query, last: Key | undefined, which: Sql): Sql {
  const { rows, walk, column, type } = pagesOf(query);
  const compare = raw(query.sort.startsWith('-') ? '>=' : '<=');
  const upTo =
    last === undefined
      ? sql``
      : sql`AND (${raw(column)}, id) ${compare} (${last.key}::${raw(type)}, ${last.id}::uuid)`;
  return sql`
    SELECT ${columns}, name_key FROM (
      SELECT ${columns}, name_key FROM clients
      WHERE tenant_id = ${tenant_id} AND ${live(query)} ${walk.position} ${upTo} ${walk.order}
    ) AS one WHERE ${which} ${rows.order}`;
}

/** Where the walk of one page ends, if the list is longer than that. */
function endOfWalk(tenant_id: string, query: Query): Sql {
  const { walk, column } = pagesOf(query);
  return sql`
    SELECT id, key FROM (
      SELECT id, ${raw(column)} AS key FROM clients
      WHERE tenant_id = ${tenant_id} AND ${live(query)} ${walk.position} ${walk.order}
    ) AS walked OFFSET ${WALK - 1} LIMIT 1`;
}

/**
 * A page of the clients, in one round trip; in two where something is asked of them: the first one
 * finds what is rarest, and the second one looks those up, or walks the list where nothing is rare.
 * Whatever is asked, no more than some thousand rows are looked at.
 */
export async function findClients(
  tx: Reader,
  tenant_id: string,
  query: Query,
): Promise<Page<Client>> {
  const { rows: pages, column } = pagesOf(query);
  const ranges = rangesOf(query);
  const candidates = candidatesOf(tenant_id, query, ranges);
  if (candidates.length === 0 && query.has_email === undefined) {
    return pages.of(
      await tx.query<Client>(sql`SELECT ${columns}, name_key FROM clients
        WHERE tenant_id = ${tenant_id} AND ${live(query)} ${pages.position} ${pages.order}`),
    );
  }
  const [ends, ...counted] = await tx.queries<[Key[], ...{ count: number }[][]]>([
    endOfWalk(tenant_id, query),
    ...candidates.map(countOf),
  ]);
  const counts = counted.map(([row]) => row?.count ?? 0);
  const least = Math.min(...counts);
  const which = fits(tenant_id, query, ranges);
  const few = least <= FEW ? candidates[counts.indexOf(least)] : undefined;
  if (few !== undefined) {
    return pages.of(await tx.query<Client>(lookUp(tenant_id, query, few, which)));
  }
  const [end] = ends;
  const found = pages.of(await tx.query<Client>(walkTo(tenant_id, query, end, which)));
  if (found.next_cursor !== null || end === undefined) return found;
  return { ...found, next_cursor: pages.behind({ id: end.id, [column]: end.key }) };
}
