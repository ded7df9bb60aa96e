/**
 * Each route of each contract, with each input that it can be abused with: always refused as the
 * contract declares, nothing is made of it, and no process grows by it.
 */
import { readFileSync } from 'node:fs';
import { openapi } from '@roundhouse/service/openapi';
import pg from 'pg';
import { type Abuse, abusesOf, pathAbuses } from './abuse-inputs.ts';
import { verdictOnAbuse } from './abuse-verdict.ts';
import { send } from './http.ts';
import { anOffice } from './office.ts';
import { pidOf } from './processes.ts';
import {
  allContracts,
  allRoutes,
  freshBody,
  freshParams,
  isKeyed,
  type NamedRoute,
  pathOf,
  wireOf,
} from './routes.ts';
import { check, finish } from './tap.ts';

const AT_ONCE = 16;
/** The edge counts by token and, without one, by address: several share the work. */
const OFFICES = 8;
const MAX_GROWTH_MB = 128;

const offices = await Promise.all(
  Array.from({ length: OFFICES }, (_, index) => anOffice({ from: `127.0.4.${index + 1}` })),
);
const [office] = offices;
if (office === undefined) throw new Error('There is no office.');
let turn = 0;
const next = () => {
  turn += 1;
  return turn;
};
const nextToken = () => offices[next() % OFFICES]?.token ?? '';
const nextAddress = () => `127.3.${next() % 200}.${1 + (next() % 200)}`;

// biome-ignore lint/suspicious/noExplicitAny: documents, looked into by their paths.
const documents = new Map<string, any>();
for (const contract of await allContracts()) {
  const { service } = contract;
  const asked = { method: 'GET', path: `${service}/openapi.json` };
  const headers = { authorization: `Bearer ${office.token}` };
  const [answer, refused] = [await send({ ...asked, headers }), await send(asked)];
  const same = answer.text === JSON.stringify(openapi(contract)) && refused.status === 401;
  check(`${service}: its document comes through the gateway, to whoever has a token`, same);
  documents.set(service, answer.body);
}

/** What the document of the service says that the operation may answer. */
function declaredStatuses({ name, contract }: NamedRoute): Set<number> {
  const operations = Object.values(documents.get(contract.service).paths).flatMap((path) =>
    Object.values(path as Record<string, { operationId: string; responses: object }>),
  );
  const operation = operations.find(({ operationId }) => operationId === name);
  return new Set(Object.keys(operation?.responses ?? {}).map(Number));
}

const expectationOf = (named: NamedRoute) => ({
  declared: declaredStatuses(named),
  oauth: named.route.refusal_type === 'oauth',
});

interface Target {
  named: NamedRoute;
  path: string;
  wire: ReturnType<typeof wireOf>;
  abuses: Abuse[];
}

async function targetOf(named: NamedRoute): Promise<Target> {
  const { route } = named;
  const params = await freshParams(named, office as never);
  const body = await freshBody(named, office as never);
  const path = pathOf(named, params);
  const wire = wireOf(route, body);
  const abuses = [...abusesOf(route, body, isKeyed(route)), ...pathAbuses(path, params)];
  return { named, path, wire, abuses };
}

async function abuseOnce({ named, path, wire }: Target, abuse: Abuse): Promise<string | undefined> {
  const { route } = named;
  const answer = await send({
    method: abuse.method ?? route.method.toUpperCase(),
    path: `${abuse.path ?? path}${abuse.query === undefined ? '' : `?${abuse.query}`}`,
    headers: {
      ...(route.public ? {} : { authorization: `Bearer ${nextToken()}` }),
      ...(abuse.bytes === undefined ? wire.headers : {}),
      ...abuse.headers,
    },
    bytes: abuse.bytes ?? wire.bytes,
    from: route.public ? nextAddress() : undefined,
  });
  const fault = verdictOnAbuse(abuse, answer, expectationOf(named));
  return fault === undefined ? undefined : `${abuse.name}: ${fault}`;
}

/** So many at once, in turn. */
async function each<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const admin = new pg.Client({ connectionString: process.env.DATABASE_URL });
await admin.connect();
const schemas = [...documents.keys()];
const { rows: tables } = await admin.query<{ name: string; own: boolean }>(
  `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
     WHERE column_name = 'tenant_id' AND table_schema = ANY($1) ORDER BY name`,
  [schemas],
);
/** Rows that are written because somebody was refused. */
const REFUSALS = /throttle|attempt|failure|inbox/;

/** How many rows the offices have in each table, and how many businesses there are. */
async function rowCounts(): Promise<Record<string, number>> {
  const tenants = offices.map(({ tenant_id }) => tenant_id);
  const counts: Record<string, number> = {};
  for (const { name } of tables.filter(({ name }) => !REFUSALS.test(name))) {
    const text = `SELECT count(*)::int AS count FROM ${name} WHERE tenant_id = ANY($1)`;
    counts[name] = (await admin.query(text, [tenants])).rows[0].count;
  }
  const { rows } = await admin.query('SELECT count(*)::int AS count FROM auth.tenants');
  return { ...counts, businesses: rows[0].count };
}

/** Until nothing comes by event any more. */
async function settled(): Promise<Record<string, number>> {
  let before = await rowCounts();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = await rowCounts();
    if (JSON.stringify(after) === JSON.stringify(before)) return after;
    before = after;
  }
}

const processes = [...schemas, 'gateway'];
const residentMegabytes = (name: string) => {
  const status = readFileSync(`/proc/${pidOf(name)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
};
const memory = () =>
  process.platform === 'linux' ? processes.map(residentMegabytes) : processes.map(() => 0);

const targets: Target[] = [];
const routes = await allRoutes();
for (const named of routes) {
  const target = await targetOf(named).catch((error: Error) => {
    check(`${named.what}: can be abused`, false, error.message);
  });
  if (target !== undefined) targets.push(target);
}
const before = await settled();
const memory_before = memory();

let sent = 0;
for (const target of targets) {
  const faults: string[] = [];
  await each(target.abuses, async (abuse) => {
    const fault = await abuseOnce(target, abuse);
    if (fault !== undefined) faults.push(fault);
  });
  sent += target.abuses.length;
  const what = `${target.named.what}: ${target.abuses.length} abuses are refused as declared`;
  check(what, faults.length === 0, `${faults.length}, such as ${faults.slice(0, 6).join(' | ')}`);
}

/** Each path with the methods that it does not have. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'];
const pathKey = ({ contract, route }: NamedRoute) =>
  `${contract.service} ${route.area ?? ''} ${route.path}`;
const methodsOf = new Map<string, Set<string>>();
for (const named of routes) {
  const known = methodsOf.get(pathKey(named)) ?? new Set();
  methodsOf.set(pathKey(named), known.add(named.route.method.toUpperCase()));
}
const strange: string[] = [];
for (const [key, known] of methodsOf) {
  const target = targets.find(({ named }) => pathKey(named) === key);
  if (target === undefined) continue;
  for (const method of METHODS.filter((method) => !known.has(method))) {
    const fault = await abuseOnce(target, { name: method, method, statuses: [405], bytes: '' });
    if (fault !== undefined) strange.push(`${target.path} ${fault}`);
    sent += 1;
  }
}
check(
  `${methodsOf.size} paths answer 405 to methods that they do not have`,
  strange.length === 0,
  strange.slice(0, 6).join(' | '),
);

const after = await settled();
const grown = Object.keys(after).filter((name) => after[name] !== before[name]);
check(
  'nothing was made of any of it',
  grown.length === 0,
  grown.map((name) => `${name} ${before[name]} → ${after[name]}`).join(', '),
);
const growth = memory().map((now, index) => now - (memory_before[index] ?? 0));
process.stdout.write(`# ${sent} abuses at ${targets.length} routes\n`);
const grew = processes.map((name, index) => `${name} ${growth[index]?.toFixed(0)}`);
process.stdout.write(`# MB more than before: ${grew.join(', ')}\n`);
check(
  `no process has grown by more than ${MAX_GROWTH_MB} MB`,
  growth.every((megabytes) => megabytes <= MAX_GROWTH_MB),
  growth.join(' '),
);
await admin.end();
finish();
