import { invalidRequest, missing } from './errors.ts';
import type { Filter, Store, Stored, Window } from './store.ts';

type Bound = 'gt' | 'gte' | 'lt' | 'lte';
type CreatedBounds = { [bound in Bound]?: number | undefined };

type Query = {
  limit: number;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
  created?: CreatedBounds | undefined;
};

export type List<Body> = { object: 'list'; url: string; has_more: boolean; data: Body[] };

const OPERATOR: Record<Bound, string> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** A page of an account's objects, newest first, by Stripe's cursors. */
export function listObjects<Body extends Stored>(
  scope: { store: Store; account_id: string },
  object: string,
  query: Query,
  filters: Filter[] = [],
): List<Body> {
  const { store, account_id } = scope;
  const window = windowOf(query, (id, param) => {
    const place = store.placeOf(account_id, object, id);
    if (place === undefined) throw missing(object, id, param, 400);
    return place;
  });
  const all = [{ condition: 'object = ?', value: object }, ...filters, ...boundsOf(query.created)];
  const found = store.list<Body>(account_id, all, { ...window, limit: query.limit + 1 });
  const data = found.slice(0, query.limit);
  if (window.after !== undefined) data.reverse();
  return { object: 'list', url: `/v1/${object}s`, has_more: found.length > query.limit, data };
}

/** The filter `column = value`, or none where the caller gave no value. */
export function where(column: string, value: string | undefined): Filter[] {
  return value === undefined ? [] : [{ condition: `${column} = ?`, value }];
}

function windowOf(query: Query, placeOf: (id: string, param: string) => number): Window {
  const { limit, starting_after, ending_before } = query;
  if (starting_after !== undefined && ending_before !== undefined) {
    throw invalidRequest('You may only specify one of ending_before and starting_after.');
  }
  if (starting_after !== undefined) {
    return { limit, before: placeOf(starting_after, 'starting_after') };
  }
  if (ending_before !== undefined) return { limit, after: placeOf(ending_before, 'ending_before') };
  return { limit };
}

function boundsOf(created: CreatedBounds = {}): Filter[] {
  const bounds: Bound[] = ['gt', 'gte', 'lt', 'lte'];
  return bounds.flatMap((bound) => {
    const value = created[bound];
    return value === undefined ? [] : [{ condition: `created ${OPERATOR[bound]} ?`, value }];
  });
}
