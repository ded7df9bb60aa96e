/**
 * Each list of each contract, by each of its sorts, page after page as rows are added and changed:
 * what was there before and stays as it was comes once, and in one order.
 */
import type { Route } from '@roundhouse/service/contract';
import { call } from './http.ts';
import { anOffice } from './office.ts';
import { allRoutes, freshBody, type NamedRoute, pathOf } from './routes.ts';
import { lists, rows } from './samples.ts';
import { check, finish } from './tap.ts';

/** As many as three pages of two need at least. */
const ROWS = 6;
const office = await anOffice({ from: '127.0.5.3' });
const { token } = office;
const routes = await allRoutes();

interface Row {
  id: string;
  [field: string]: unknown;
}
interface Page {
  data: Row[];
  next_cursor: string | null;
}

const nounOf = ({ path }: Route) => path.split('/').at(-1) ?? '';
const sortsOf = ({ query }: Route): string[] => {
  const sort = query?.shape.sort as { unwrap?: () => { options: string[] } } | undefined;
  return sort?.unwrap?.().options ?? [''];
};

/** Below which row a list stands, where it does. */
const paramsOf = new Map<NamedRoute, Record<string, string>>();

async function page(named: NamedRoute, query: Record<string, string>): Promise<Page> {
  const path = `${pathOf(named, paramsOf.get(named) ?? {})}?${new URLSearchParams(query)}`;
  const { status, body } = await call({ method: 'GET', path, token });
  if (status !== 200) throw new Error(`${path} answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/** From the first to the last; `between` happens after the first page. */
async function walk(
  named: NamedRoute,
  query: Record<string, string>,
  between: () => Promise<void> = async () => undefined,
): Promise<Row[]> {
  const first = await page(named, query);
  const found = [...first.data];
  await between();
  let cursor = first.next_cursor;
  while (cursor !== null) {
    const next = await page(named, { ...query, cursor });
    if (next.data.length === 0) throw new Error('a page is empty');
    if (next.data.length > Number(query.limit)) throw new Error('a page is too long');
    found.push(...next.data);
    cursor = next.next_cursor;
  }
  return found;
}

/** Changes a row, where the contract can: it may then stand elsewhere. */
async function change(named: NamedRoute, id: string | undefined): Promise<string[]> {
  const { contract, route } = named;
  const changing = routes.find((other) => {
    const path = `/${nounOf(route)}/:id`;
    return (
      other.contract === contract && other.route.method === 'patch' && other.route.path === path
    );
  });
  if (changing === undefined || id === undefined) return [];
  const body = await freshBody(changing, office);
  await call({ method: 'PATCH', path: pathOf(changing, { id }), token, body });
  return [id];
}

/** What adds to the list: a row of its own, or one of its service that leaves a trace in it. */
function makerOf({ name, contract, route }: NamedRoute) {
  // Its own nouns can be read by their id; those of other services are named on the way.
  const nouns = Object.values(contract.routes).map(
    ({ path }) => /^\/([^/]+)\/:\w+$/.exec(path)?.[1],
  );
  const others = nouns.map((noun) => rows[noun ?? '']).filter((maker) => maker !== undefined);
  return lists[name]?.more ?? rows[nounOf(route)] ?? others.at(-1);
}

const ids = (found: Row[], known: Set<string>) =>
  found.map(({ id }) => id).filter((id) => known.has(id));

/** Instants and whole numbers have an order of their own; of texts the database knows it. */
function isSorted(found: Row[], sort: string): boolean {
  const field = sort.replace('-', '');
  if (!field.endsWith('_at') && field !== 'at') return true;
  const instants = found.map((row) => Temporal.Instant.from(String(row[field])));
  const sign = sort.startsWith('-') ? -1 : 1;
  return instants.every((instant, index) => {
    const before = instants[index - 1];
    return before === undefined || Temporal.Instant.compare(instant, before) * sign >= 0;
  });
}

async function faultsOfWalk(named: NamedRoute, sort: string, limit: number): Promise<string[]> {
  const sorted: Record<string, string> = sort === '' ? {} : { sort };
  const whole = await walk(named, { ...sorted, limit: '200' });
  let changed: string[] = [];
  const found = await walk(named, { ...sorted, limit: String(limit) }, async () => {
    if (limit === 1) await makerOf(named)?.(office);
    else if (limit === 2) changed = await change(named, whole.at(-1)?.id);
  });
  const faults: string[] = [];
  const known = new Set(whole.map(({ id }) => id).filter((id) => !changed.includes(id)));
  if (ids(found, known).join() !== ids(whole, known).join()) {
    faults.push(`${ids(found, known).length} of ${known.size} rows`);
  }
  const of_changed = found.filter(({ id }) => changed.includes(id));
  // Its new place may lie behind us, or before us a second time; as itself it comes at most once.
  if (of_changed.length > 2) faults.push('a changed row comes again and again');
  if (!isSorted(whole, sort)) faults.push('is not in its order');
  return faults.map((fault) => `sort=${sort} limit=${limit}: ${fault}`);
}

async function faultsOf(named: NamedRoute): Promise<string[]> {
  const { route } = named;
  const more = makerOf(named);
  paramsOf.set(named, (await lists[named.name]?.params?.(office)) ?? {});
  for (let had = (await page(named, { limit: '200' })).data.length; had < ROWS; had += 1) {
    if (more === undefined) break;
    await more(office);
  }
  const faults: string[] = [];
  for (const sort of sortsOf(route)) {
    for (const limit of [1, 2, 200]) faults.push(...(await faultsOfWalk(named, sort, limit)));
  }
  const { next_cursor } = await page(named, { limit: '1' });
  if (next_cursor === null) return [...faults, 'there is one page only'];
  const [once, twice] = [1, 2].map(() => page(named, { limit: '1', cursor: next_cursor }));
  const same = JSON.stringify(await once) === JSON.stringify(await twice);
  return same ? faults : [...faults, 'one cursor leads to two pages'];
}

// Backwards: what an invoice takes is a payment and a schedule, too.
const listRoutes = routes
  .filter(({ route }) => route.query?.shape.cursor !== undefined)
  .toReversed();
for (const named of listRoutes) {
  const faults = await faultsOf(named).catch((error: Error) => [error.message]);
  const sorts = sortsOf(named.route).length;
  const what = `${named.what}: page after page by ${sorts} sorts, each row comes once`;
  check(what, faults.length === 0, faults.join('; '));
}
process.stdout.write(`# ${listRoutes.length} lists\n`);
finish();
