/**
 * The matrix: what docs/permissions.md says of each route and each caller is asked at the gateway.
 * Bodies are empty and ids are of nothing, so that what is allowed changes nothing: the permission
 * is asked before anything is read.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roles } from '@roundhouse/service/contract';
import { type Documented, documentedRoutes } from '../../../infra/contracts/permissions.ts';
import { type Answer, call, ok } from './http.ts';
import { signUpBody } from './office.ts';
import { platformKey, tokenWith } from './platform-key.ts';
import { allRoutes, type NamedRoute, pathOf } from './routes.ts';
import { check, finish } from './tap.ts';

const file = join(import.meta.dirname, '../../../docs/permissions.md');
const documented = new Map(
  documentedRoutes(readFileSync(file, 'utf8')).map((one) => [
    `${one.service}.${one.operation}`,
    one,
  ]),
);

const { body } = await ok({ method: 'POST', path: 'auth/signup', body: signUpBody() });
const tenant_id: string = body.tenant.id;
const key = platformKey();
const machineWith = (scope: string) => {
  const client_id = randomUUID();
  return tokenWith(key, { tenant_id, roles: [], sub: client_id, sid: client_id, client_id, scope });
};

interface Caller {
  name: string;
  /** For a route with this permission. */
  token: (needs: string) => string | undefined;
  allowed: (said: Documented) => boolean;
}

const userTokens = new Map(
  roles.map((role) => [role, tokenWith(key, { tenant_id, roles: [role] })] as const),
);
const permissions = [...new Set([...documented.values()].map(({ needs }) => needs))];
const machineTokens = new Map(permissions.map((one) => [one, machineWith(one)]));
/** All others there are, and what only looks like all. */
const machinesWithout = new Map(
  permissions.map((one) => {
    const others = permissions.filter((other) => other !== one);
    return [one, machineWith([...others, '*', `${one.split(':')[0]}:*`, `${one}x`].join(' '))];
  }),
);

const callers: Caller[] = [
  ...roles.map((role) => ({
    name: role,
    token: () => userTokens.get(role),
    allowed: (said: Documented) => said.roles.has(role),
  })),
  {
    name: 'a machine with the permission',
    token: (needs) => machineTokens.get(needs),
    allowed: () => true,
  },
  {
    name: 'a machine with all others',
    token: (needs) => machinesWithout.get(needs),
    allowed: () => false,
  },
];

/** What was wrong with the answer, if anything. */
function fault(answer: Answer, allowed: boolean): string | undefined {
  const { status, body } = answer;
  const said = `${status} ${body?.code ?? ''}`;
  const refused = status === 401 || (status === 403 && body?.code === 'permission_missing');
  // Who is throttled by the route itself has passed; who is by the edge has not been asked.
  const isLimited = status === 429 && body?.code !== 'too_many_attempts';
  if (status === 0 || status >= 500 || isLimited) return said;
  if (allowed) return refused ? said : undefined;
  return status === 403 && body?.code === 'permission_missing' ? undefined : said;
}

let cells = 0;
let open = 0;
async function askRoute(named: NamedRoute, said: Documented): Promise<string[]> {
  const { route } = named;
  const params = Object.fromEntries(
    [...route.path.matchAll(/:(\w+)/g)].map(([, param = '']) => [param, randomUUID()]),
  );
  const asked = {
    method: route.method.toUpperCase(),
    path: pathOf(named, params),
    ...(route.body === undefined ? {} : { body: {} }),
  };
  const faults: string[] = [];
  for (const { name, token, allowed } of callers) {
    cells += 1;
    const wrong = fault(await call({ ...asked, token: token(said.needs) }), allowed(said));
    if (wrong !== undefined) faults.push(`${name}: ${wrong}`);
  }
  cells += 1;
  const nobody = await call(asked);
  if (nobody.status !== 401) faults.push(`nobody: ${nobody.status}`);
  return faults;
}

for (const named of await allRoutes()) {
  const said = documented.get(named.what);
  if (said === undefined) {
    check(`${named.what} is documented`, false, 'not in docs/permissions.md');
    continue;
  }
  documented.delete(named.what);
  if (said.needs === 'public') {
    open += 1;
    check(`${named.what} is public, and meant to be`, named.route.public === true);
    continue;
  }
  const faults = await askRoute(named, said);
  check(`${named.what} is for who has ${said.needs}`, faults.length === 0, faults.join(', '));
}
check('nothing else is documented', documented.size === 0, [...documented.keys()].join());
process.stdout.write(
  `# ${cells} cells asked (${callers.length + 1} callers), ${open} public routes\n`,
);
finish();
