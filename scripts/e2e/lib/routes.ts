/** Every route of every contract as a request at the gateway, by the fixtures of samples.ts. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract, Route } from '@roundhouse/service/contract';
import type { Office } from './office.ts';
import { bodies, callers, params, rows } from './samples.ts';

const repository = join(import.meta.dirname, '../../..');

export interface NamedRoute {
  /** The operation. */
  name: string;
  /** The service and the operation, for whoever reads the run. */
  what: string;
  contract: Contract;
  route: Route;
}

export async function allContracts(): Promise<Contract[]> {
  const files = globSync('services/*/src/contract.ts', { cwd: repository }).sort();
  const contracts: Contract[] = [];
  for (const file of files) contracts.push((await import(join(repository, file))).contract);
  return contracts;
}

export async function allRoutes(): Promise<NamedRoute[]> {
  return (await allContracts()).flatMap((contract) =>
    Object.entries(contract.routes).map(([name, route]) => {
      return { name, what: `${contract.service}.${name}`, contract, route };
    }),
  );
}

/** Whether it honors an Idempotency-Key. */
export const isKeyed = ({ method, idempotency }: Route): boolean =>
  method === 'post' && idempotency !== 'none';

/** What a fixture is missing, as a sentence that says what to add. */
const missing = (what: string, list: string, key: string) =>
  new Error(`${what} has no fixture: add ${list}.${key} in scripts/e2e/lib/samples.ts`);

const PARAM = /:(\w+)/g;
/** The noun that a path's first parameter is an id of. */
const nounOf = ({ path }: Route) => /([^/]+)\/:/.exec(path)?.[1] ?? '';

/** What stands in the path's parameters: of rows that are made for this request alone. */
export async function freshParams(named: NamedRoute, office: Office) {
  const { name, what, route } = named;
  const own = params[name];
  if (own !== undefined) return own(office);
  const [first, ...others] = [...route.path.matchAll(PARAM)].map(([, param = '']) => param);
  if (first === undefined) return {};
  if (others.length > 0 || route.public) throw missing(what, 'params', name);
  const row = rows[nounOf(route)];
  if (row === undefined) throw missing(what, 'rows', `['${nounOf(route)}']`);
  return { [first]: await row(office) };
}

/** A body that the route takes, so that nothing but what is under test refuses it. */
export async function freshBody({ name, what, route }: NamedRoute, office: Office) {
  if (route.body === undefined) return undefined;
  const body = bodies[name];
  if (body === undefined) throw missing(what, 'bodies', name);
  return body(office);
}

/** The body as its route takes it, with the header that says so. */
export function wireOf({ body_type }: Route, body: unknown) {
  if (body === undefined) return { bytes: undefined, headers: {} };
  const as = (bytes: string, type: string) => ({ bytes, headers: { 'content-type': type } });
  if (body_type === 'csv') return as(String(body), 'text/csv');
  if (body_type === undefined) return as(JSON.stringify(body), 'application/json');
  const form = new URLSearchParams(body as Record<string, string>);
  return as(String(form), 'application/x-www-form-urlencoded');
}

/** Below `/api/v1/`. */
export function pathOf({ contract, route }: NamedRoute, values: Record<string, string>): string {
  const path = route.path.replace(PARAM, (_, name) => encodeURIComponent(values[name] ?? ''));
  return `${route.area ?? contract.service}${path}`;
}

/** Whoever may do all in this office; for what ends a session somebody of its own. */
export const callerOf = async ({ name, route }: NamedRoute, office: Office) =>
  route.public ? undefined : (callers[name]?.(office) ?? office.token);
