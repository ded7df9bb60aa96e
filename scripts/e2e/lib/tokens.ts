/** Each protected route of each contract, with each token that is none: nobody is let in. */
import { forgedTokens } from './forged-tokens.ts';
import { ok, send } from './http.ts';
import { anOffice } from './office.ts';
import { allRoutes, freshBody, freshParams, type NamedRoute, pathOf, wireOf } from './routes.ts';
import { check, finish } from './tap.ts';

const office = await anOffice({ from: '127.0.4.20' });
const { email, password } = office.owner;
const login = { method: 'POST', path: 'auth/login', body: { email, password }, from: '127.0.4.20' };
const { access_token, refresh_token } = (await ok(login)).body;
const tokens = forgedTokens(access_token, refresh_token);

/** Which of the tokens were not refused as they should be. */
async function letIn(named: NamedRoute): Promise<string[]> {
  const path = pathOf(named, await freshParams(named, office));
  const body = await freshBody(named, office);
  const wire = wireOf(named.route, body);
  const method = named.route.method.toUpperCase();
  const answers = tokens.map(async ({ name, token, scheme = 'Bearer ', statuses }) => {
    const headers = { authorization: `${scheme}${token}`, ...wire.headers };
    const { status } = await send({ method, path, headers, bytes: wire.bytes });
    return statuses.includes(status) ? undefined : `${name}: ${status}`;
  });
  return (await Promise.all(answers)).filter((fault) => fault !== undefined);
}

let asked = 0;
for (const named of await allRoutes()) {
  if (named.route.public) continue;
  const faults = await letIn(named).catch((error: Error) => [error.message]);
  asked += tokens.length;
  const what = `${named.what}: none of ${tokens.length} false tokens is let in`;
  check(what, faults.length === 0, `${faults.length}, such as ${faults.slice(0, 6).join(' | ')}`);
}
process.stdout.write(`# ${asked} requests with false tokens\n`);
finish();
