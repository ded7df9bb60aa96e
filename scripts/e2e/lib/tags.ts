/** Each route that honors If-Match: the version that was seen, and no other, may be changed. */
import type { Route } from '@roundhouse/service/contract';
import { type Answer, send } from './http.ts';
import { anOffice } from './office.ts';
import { allRoutes, callerOf, freshBody, freshParams, type NamedRoute, pathOf } from './routes.ts';
import { check, finish } from './tap.ts';

const AT_ONCE = 5;
const office = await anOffice({ from: '127.0.5.2' });
const routes = await allRoutes();

/** The read of what the route changes: on the same path, or on the one above its verb. */
function readOf({ contract, route }: NamedRoute): NamedRoute | undefined {
  const above = route.path.replace(/\/[^/:]+$/, '');
  const reads = (path: string) => (other: NamedRoute) =>
    other.contract === contract && other.route.method === 'get' && other.route.path === path;
  return routes.find(reads(route.path)) ?? routes.find(reads(above));
}

const told = ({ status, body }: Answer) => `${status} ${body?.code ?? ''}`.trim();
const succeeded = ({ status }: Answer, route: Route) => status === route.status;

async function faultsOf(named: NamedRoute, read: NamedRoute): Promise<string[]> {
  const { route } = named;
  const params = await freshParams(named, office);
  const token = (await callerOf(named, office)) ?? '';
  const headers = { authorization: `Bearer ${token}` };
  const get = () => send({ method: 'GET', path: pathOf(read, params), headers });
  const change = async (tag: string) => {
    const body = await freshBody(named, office);
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const bytes = body === undefined ? undefined : JSON.stringify(body);
    const method = route.method.toUpperCase();
    const sent = { ...headers, ...json, 'if-match': tag };
    return send({ method, path: pathOf(named, params), headers: sent, bytes });
  };
  const faults: string[] = [];
  const before = await get();
  const seen = String(before.headers.etag);
  if (seen !== `"${before.body?.version}"`) return [`the read has ${seen} for its ETag`];

  for (const tag of [`"${before.body.version + 1}"`, '"999999999"']) {
    const stale = await change(tag);
    if (told(stale) !== '412 version_stale') faults.push(`${tag} was told ${told(stale)}`);
  }
  if ((await get()).text !== before.text) faults.push('a refused change has changed something');

  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => change(seen)));
  const won = answers.filter((answer) => succeeded(answer, route));
  const others = answers.filter(({ status }) => status !== 412 && status !== route.status);
  if (won.length !== 1) faults.push(`${won.length} of ${AT_ONCE} at once changed one version`);
  for (const other of others.slice(0, 1)) faults.push(`one at once was told ${told(other)}`);

  const after = await get();
  const etag = won[0]?.headers.etag;
  if (etag !== after.headers.etag)
    faults.push(`answered ${etag}, and then it is ${after.headers.etag}`);
  if (etag === seen) faults.push('the version is the one before');
  return faults;
}

let conditional = 0;
for (const named of routes.filter(({ route }) => route.conditional)) {
  conditional += 1;
  const read = readOf(named);
  const faults =
    read === undefined
      ? ['nothing reads what it changes']
      : await faultsOf(named, read).catch((error: Error) => [error.message]);
  const what = `${named.what}: of ${AT_ONCE} who saw one version one changes it, others are stale`;
  check(what, faults.length === 0, faults.join('; '));
}
process.stdout.write(`# ${conditional} routes honor If-Match\n`);
finish();
