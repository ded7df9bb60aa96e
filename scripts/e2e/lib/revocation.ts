/**
 * A token that was good a moment ago: after a log-out, a session ended by the owner, a
 * deactivation, lowered roles, a revoked machine, a suspended business. Each is to be refused at
 * every service within a minute, and nobody else is. Then the limit of a business.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Answer, call, ok, send } from './http.ts';
import { signUpBody } from './office.ts';
import { allContracts } from './routes.ts';
import { check, finish } from './tap.ts';

const MINUTE_MS = 60_000;
const root = join(import.meta.dirname, '../../..');

/** One process after the other answers for a service: so many refusals in a row are all. */
const IN_A_ROW = 4;

/** A path of each service that asks for a token and needs nothing else. */
const paths = new Map<string, string>();
const permissions: string[] = [];
for (const { service, routes } of await allContracts()) {
  const route = Object.values(routes).find(
    ({ method, permission, path }) =>
      method === 'get' && permission?.startsWith('me:') === false && !path.includes(':'),
  );
  if (route?.permission === undefined) throw new Error(`${service} has nothing to list.`);
  paths.set(service, `${route.area ?? service}${route.path}`);
  permissions.push(route.permission);
}

const asks = (path: string, token: string) => call({ method: 'GET', path, token });
const posts = async (path: string, token?: string, body?: unknown) =>
  (await ok({ method: 'POST', path, token, body })).body;

interface Business {
  token: string;
  subdomain: string;
}

async function aBusiness(): Promise<Business> {
  const business = signUpBody();
  const { access_token } = await posts('auth/signup', undefined, business);
  return { token: access_token, subdomain: business.subdomain };
}

interface Colleague {
  id: string;
  token: string;
  refresh_token: string;
}

async function aColleague({ token, subdomain }: Business): Promise<Colleague> {
  const email = `colleague-${randomUUID()}@harbor.example`;
  const password = 'another-long-one';
  const names = { first_name: 'Ann', last_name: 'Lee' };
  const user = { email, password, ...names, roles: ['admin'] };
  const { id } = await posts('auth/users', token, user);
  const session = await posts('auth/login', undefined, { email, password, subdomain });
  return { id, token: session.access_token, refresh_token: session.refresh_token };
}

async function aMachine({ token }: Business): Promise<Colleague> {
  const body = { name: 'Partner', scopes: [...new Set(permissions)] };
  const { id, secret } = await posts('auth/machine-clients', token, body);
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
  const answer = await send({
    method: 'POST',
    path: 'auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    bytes: new URLSearchParams(form).toString(),
  });
  if (answer.status !== 200) throw new Error(`A machine gets no token: ${answer.text}`);
  return { id, token: answer.body.access_token, refresh_token: '' };
}

/** Asks until every process of the service answers so; how long the last one took. */
async function untilAll(path: string, token: string, holds: (answer: Answer) => boolean) {
  const began = performance.now();
  let first = 0;
  for (let row = 0; row < IN_A_ROW; ) {
    const good = holds(await asks(path, token));
    if (good && row === 0) first = performance.now();
    row = good ? row + 1 : 0;
    if (!good && performance.now() - began > MINUTE_MS) return undefined;
    if (!good) await setTimeout(20);
  }
  return first - began;
}

/** Everybody is let in; then something happens, and the token is refused everywhere. */
async function loses(what: string, token: string, wanted: string, happens: () => unknown) {
  for (const [service, path] of paths) {
    const { status, text } = await asks(path, token);
    check(`before: ${what}: ${service} lets the token in`, status === 200, `${status} ${text}`);
  }
  await happens();
  const took = await Promise.all(
    [...paths].map(async ([service, path]) => {
      const ms = await untilAll(
        path,
        token,
        ({ status, body }) => `${status} ${body?.code}` === wanted,
      );
      check(`${what}: ${service} answers ${wanted}`, ms !== undefined, 'not within a minute');
      return `${service} ${ms?.toFixed(0)} ms`;
    }),
  );
  process.stdout.write(`# ${what}: ${took.join(', ')}\n`);
}

async function keeps(what: string, token: string) {
  for (const [service, path] of paths) {
    const { status, text } = await asks(path, token);
    check(`${what}: ${service} lets it in`, status === 200, `${status} ${text}`);
  }
}

const operates = (...args: string[]) => {
  const { DATA_DIR = '' } = process.env;
  execFileSync(join(root, 'scripts/tenant'), [...args, '--data', DATA_DIR], { stdio: 'pipe' });
};

const REVOKED = '401 token_revoked';
const business = await aBusiness();
const neighbor = await aBusiness();
const owner = business.token;

const leaving = await aColleague(business);
await loses('a log-out', leaving.token, REVOKED, () => posts('auth/logout', leaving.token));

const thrown = await aColleague(business);
await loses('a session that the owner ends', thrown.token, REVOKED, () =>
  posts(`auth/users/${thrown.id}/sessions/end`, owner),
);

const fired = await aColleague(business);
await loses('a deactivation', fired.token, REVOKED, () =>
  posts(`auth/users/${fired.id}/deactivate`, owner),
);
const again = await call({
  method: 'POST',
  path: 'auth/refresh',
  body: { refresh_token: fired.refresh_token },
});
check('who is deactivated gets no new token', [401, 403].includes(again.status), again.text);

const lowered = await aColleague(business);
await loses('lowered roles', lowered.token, REVOKED, () =>
  ok({
    method: 'PATCH',
    path: `auth/users/${lowered.id}`,
    token: owner,
    body: { roles: ['staff'] },
  }),
);
const { refresh_token } = lowered;
const refreshed = (await posts('auth/refresh', undefined, { refresh_token })).access_token;
const lists = await asks('bookings/resources', refreshed);
check('the refreshed token may what the new role may', lists.status === 200, lists.text);
const clients = await asks('clients/clients', refreshed);
check('and no more', clients.body?.code === 'permission_missing', clients.text);

const machine = await aMachine(business);
await loses('a revoked machine', machine.token, REVOKED, () =>
  posts(`auth/machine-clients/${machine.id}/revoke`, owner),
);
await keeps('the owner, meanwhile', owner);

const SUSPENDED = '403 tenant_suspended';
await loses('a suspended business', owner, SUSPENDED, () =>
  operates('suspend', business.subdomain, '--reason', 'unpaid'),
);
await keeps('its neighbor', neighbor.token);
operates('restore', business.subdomain);
const restored = await Promise.all(
  [...paths].map(async ([service, path]) => {
    const ms = await untilAll(path, owner, ({ status }) => status === 200);
    check(`a restored business: ${service} lets it in`, ms !== undefined, 'not within a minute');
    return `${service} ${ms?.toFixed(0)} ms`;
  }),
);
process.stdout.write(`# a restored business: ${restored.join(', ')}\n`);

operates('plan', business.subdomain, 'standard', '--requests-per-minute', '60');
const [, crowded] = [...paths].at(-1) as [string, string];
const limited = await untilAll(
  crowded,
  owner,
  ({ status, body, headers }) =>
    status === 429 && body?.code === 'tenant_rate_limited' && Number(headers['retry-after']) > 0,
);
check('a business over its limit is told so, and when to come again', limited !== undefined);
await keeps("while one business' requests storm, its neighbor's", neighbor.token);
finish();
