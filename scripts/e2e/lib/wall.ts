/**
 * Walks every route of every contract: first the owner gets what it asks for, then another business
 * asks for the same with a token of its own. What each route needs stands in samples.ts.
 */
import { call } from './http.ts';
import { anOffice } from './office.ts';
import { allRoutes, callerOf, freshBody, freshParams, type NamedRoute, pathOf } from './routes.ts';
import { check, finish } from './tap.ts';
import { verdictOnForeign, verdictOnOwn } from './wall-verdict.ts';

const office = await anOffice();
const rival = await anOffice();
/** Whatever the office's paths have named so far. */
const mine = new Set<string>([office.client_id, office.tenant_id]);

async function walk(named: NamedRoute, params: Record<string, string>): Promise<void> {
  const { what, route } = named;
  const path = pathOf(named, params);
  // With the owner's own ids in it: also a body names nobody else's rows.
  const body = await freshBody(named, office);
  const asked = { method: route.method.toUpperCase(), path, body };
  const token = await callerOf(named, rival);
  if (!route.path.includes(':')) {
    // Without an id in the path: whatever comes back is the asker's own.
    const fault = verdictOnOwn(await call({ ...asked, token }), mine);
    check(`${what}: nothing of the other business`, fault === undefined, fault);
    return;
  }
  if (route.method === 'get') {
    const owner = await call({ ...asked, token: office.token });
    check(`${what}: the owner gets it`, owner.status === 200, String(owner.status));
  }
  const fault = verdictOnForeign(await call({ ...asked, token }), mine);
  check(`${what}: nobody else does`, fault === undefined, fault);
}

const all = await allRoutes();
const walked = all.filter(({ route }) => !route.public);
const paramsOf = new Map<NamedRoute, Record<string, string>>();
const failing =
  ({ what }: NamedRoute) =>
  (error: Error) =>
    check(`${what}: can be walked`, false, error.message);

// First a row of each kind, so that each list has something to leak.
for (const named of walked) {
  const params = await freshParams(named, office).catch(failing(named));
  if (params === undefined) continue;
  for (const value of Object.values(params)) mine.add(value);
  paramsOf.set(named, params);
}
for (const [named, params] of paramsOf) await walk(named, params).catch(failing(named));

const open = all.length - walked.length;
process.stdout.write(`# ${walked.length} routes walked, ${open} are public and have no business\n`);
finish();
