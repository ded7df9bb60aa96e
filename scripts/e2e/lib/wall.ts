/**
 * Walks every route of every contract: first the owner gets what it asks for, then another business
 * asks for the same with a token of its own.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Contract, Route } from '@roundhouse/service/contract';
import { call, ok, until } from './http.ts';
import { anOffice, paymentLink } from './office.ts';
import { bodies } from './samples.ts';
import { check, finish } from './tap.ts';
import { verdictOnForeign, verdictOnOwn } from './wall-verdict.ts';

const repository = join(import.meta.dirname, '../../..');

interface Named {
  name: string;
  contract: Contract;
  route: Route;
}

async function allRoutes(): Promise<Named[]> {
  const files = globSync('services/*/src/contract.ts', { cwd: repository }).sort();
  const contracts: Contract[] = [];
  for (const file of files) contracts.push((await import(join(repository, file))).contract);
  return contracts.flatMap((contract) =>
    Object.entries(contract.routes).map(([name, route]) => ({ name, contract, route })),
  );
}

const office = await anOffice();
const { token } = office;
const post = async (path: string, body?: unknown) =>
  (await ok({ method: 'POST', path, token, body })).body;
const first = async (path: string) =>
  (
    await until(
      { method: 'GET', path, token },
      ({ status, body }) => status === 200 && body.data.length > 0,
    )
  ).body.data[0].id;

// A real row of each kind: the story up to its end.
const story = await office.sendsQuote(0);
const path = `charters/public/quotes/${story.link}/accept`;
await ok({ method: 'POST', path, body: { name: 'Pat', terms_accepted: true } });
const payment_link = await paymentLink(story.link);
for (const part of ['deposit', 'balance']) {
  await ok({
    method: 'POST',
    path: `payments/public/links/${payment_link}/pay`,
    body: { item: part, payment_method: 'pm_card_visa' },
  });
}
const charter = `charters/charters/${story.charter_id}`;
await until({ method: 'GET', path: charter, token }, ({ body }) => body.status === 'confirmed');
await post(`${charter}/start`);
await post(`${charter}/complete`);

/** For each noun in a path, the id of a real row of the owner's. */
const ids: Record<string, string> = {
  clients: office.client_id,
  'vehicle-types': await first('bookings/vehicle-types'),
  resources: await first('bookings/resources'),
  charters: story.charter_id,
  quotes: story.quote_id,
  'rate-cards': await first('pricing/rate-cards'),
  schedules: await first('payments/schedules'),
  payments: await first('payments/payments'),
  invoices: await first('payments/invoices'),
};
const rival = await anOffice();

const idFor = ({ route }: Named): string | undefined => ids[route.path.split('/')[1] ?? ''];
/** A body that the contract takes, so that nothing but the wall refuses it. */
function bodyFor({ name, route }: Named): unknown {
  if (route.body === undefined) return undefined;
  const body = bodies[name];
  if (body === undefined) throw new Error(`${name} has no sample body: lib/samples.ts.`);
  return body(office);
}
const pathOf = (named: Named) => {
  const { contract, route } = named;
  return `${route.area ?? contract.service}${route.path.replace(':id', idFor(named) ?? '')}`;
};

const mine = new Set(Object.values(ids));
let walked = 0;
let open = 0;
for (const named of await allRoutes()) {
  const { name, contract, route } = named;
  if (route.public) {
    open += 1;
    continue;
  }
  const what = `${contract.service}.${name}`;
  const asked = { method: route.method.toUpperCase(), path: pathOf(named), body: bodyFor(named) };
  walked += 1;
  if (!route.path.includes(':id')) {
    // Without an id in the path: whatever comes back is the asker's own.
    const fault = verdictOnOwn(await call({ ...asked, token: rival.token }), mine);
    check(`${what}: nothing of the other business`, fault === undefined, fault);
    continue;
  }
  if (idFor(named) === undefined) {
    check(`${what}: has a sample row`, false, 'say in lib/wall.ts where its id comes from');
    continue;
  }
  if (route.method === 'get') {
    const owner = await call({ ...asked, token });
    check(`${what}: the owner gets it`, owner.status === 200, String(owner.status));
  }
  const fault = verdictOnForeign(await call({ ...asked, token: rival.token }), mine);
  check(`${what}: nobody else does`, fault === undefined, fault);
}

process.stdout.write(`# ${walked} routes walked, ${open} are public and have no business\n`);
finish();
