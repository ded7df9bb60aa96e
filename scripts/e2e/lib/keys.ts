/**
 * Each POST of each contract that honors an Idempotency-Key: however often it is sent with one key,
 * and also at once (C7), it has one effect and one answer, to the byte.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Answer, send } from './http.ts';
import { anOffice } from './office.ts';
import {
  allRoutes,
  callerOf,
  freshBody,
  freshParams,
  isKeyed,
  type NamedRoute,
  pathOf,
  wireOf,
} from './routes.ts';
import { check, finish } from './tap.ts';

const AT_ONCE = 50;
const office = await anOffice({ from: '127.0.5.1' });
const admin = new pg.Client({ connectionString: process.env.DATABASE_URL });
await admin.connect();

interface Keyed {
  named: NamedRoute;
  path: string;
  wire: ReturnType<typeof wireOf>;
  token: string | undefined;
  key: string;
}

let address = 0;
/** On a public route the edge counts by address. */
const nextAddress = () => {
  address += 1;
  return `127.2.${address >> 7}.${1 + (address & 127)}`;
};

/** The ids that requests were sent with, by route: what has an effect is audited under its own. */
const sent: string[] = [];

function post({ named, path, wire, token, key }: Keyed): Promise<Answer> {
  const id = randomUUID();
  sent.push(id);
  const headers = {
    'idempotency-key': key,
    'x-request-id': id,
    ...wire.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const from = named.route.public ? nextAddress() : undefined;
  return send({ method: 'POST', path, headers, bytes: wire.bytes, from });
}

async function freshRequest(named: NamedRoute): Promise<Keyed> {
  const path = pathOf(named, await freshParams(named, office));
  const body = await freshBody(named, office);
  const wire = wireOf(named.route, body);
  return { named, path, wire, token: await callerOf(named, office), key: randomUUID() };
}

/** As long as the twin that is in progress has the key, whoever else comes with it is told so. */
async function whileTwinWorks({ named, path, key }: Keyed, work: () => Promise<Answer>) {
  const { name, contract, route } = named;
  const below = path.slice((route.area ?? contract.service).length);
  const scope = route.public ? `${name} ${below}` : name;
  const lock = [`${office.tenant_id} ${scope} ${key}`];
  await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock);
  const answer = await work();
  await admin.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock);
  return answer;
}

const isReplayed = ({ headers }: Answer) => headers['idempotent-replayed'] === 'true';
const told = ({ status, body }: Answer) => `${status} ${body?.code ?? ''}`.trim();

/** A twin in progress; no connection within a second; a session that the request has ended. */
const ASIDE = new Set([
  '409 idempotency_key_in_use',
  '503 database_unavailable',
  '503 busy',
  '401 token_revoked',
]);

/** What is wrong with fifty answers to one request; nothing where they are one. */
function faultOfMany(route: NamedRoute['route'], answers: Answer[]): string | undefined {
  const done = answers.filter(({ status }) => status === route.status);
  const others = answers.filter(
    (answer) => answer.status !== route.status && !ASIDE.has(told(answer)),
  );
  if (others[0] !== undefined) return `one was answered ${told(others[0])}`;
  if (new Set(done.map(({ text }) => text)).size !== 1) return `${done.length} different answers`;
  // Around a provider's call a twin goes on where the first one is, and may get there with it.
  return done.every(isReplayed) ? 'none says that it is the first' : undefined;
}

/** Another request with the same key: another body, or the same to another row. */
async function otherRequest(request: Keyed): Promise<Keyed | undefined> {
  const other = { ...(await freshRequest(request.named)), key: request.key };
  if (other.wire.bytes !== request.wire.bytes) return { ...other, path: request.path };
  // A link's own scope is its path.
  return other.path === request.path || request.named.route.public ? undefined : other;
}

async function effects({ contract }: NamedRoute): Promise<number> {
  const { rows } = await admin.query(
    `SELECT count(DISTINCT request_id)::int AS count FROM ${contract.service}.audit_log
       WHERE request_id = ANY($1)`,
    [sent],
  );
  return rows[0].count;
}

/** All that is wrong with how the route honors a key. */
async function faultsOf(named: NamedRoute): Promise<string[]> {
  sent.length = 0;
  const faults: string[] = [];
  const request = await freshRequest(named);
  const twin = await whileTwinWorks(request, () => post(request));
  if (told(twin) !== '409 idempotency_key_in_use') faults.push(`a twin was told ${told(twin)}`);

  const many = await Promise.all(Array.from({ length: AT_ONCE }, () => post(request)));
  const fault = faultOfMany(named.route, many);
  if (fault !== undefined) faults.push(`of ${AT_ONCE} at once ${fault}`);

  const had = await effects(named);
  if (had !== 1) faults.push(`${had} effects are in the audit trail`);

  const again = await post(request);
  if (told(again) === '401 token_revoked') return faults;
  const [first] = many.filter(({ status }) => status === named.route.status);
  if (again.text !== first?.text) faults.push(`again was answered ${told(again)}`);
  if (!isReplayed(again)) faults.push('again does not say that it is a repetition');
  if (again.headers.etag !== first?.headers.etag)
    faults.push(`again has the ETag ${again.headers.etag}, not ${first?.headers.etag}`);

  const other = await otherRequest(request);
  const refused = other === undefined ? undefined : await post(other);
  if (refused !== undefined && told(refused) !== '422 idempotency_key_reused') {
    faults.push(`another request with the key was told ${told(refused)}`);
  }
  return faults;
}

let routes = 0;
for (const named of (await allRoutes()).filter(({ route }) => isKeyed(route))) {
  const faults = await faultsOf(named).catch((error: Error) => [error.message]);
  routes += 1;
  const what = `${named.what}: ${AT_ONCE + 2} requests with one key are one, another is refused`;
  check(what, faults.length === 0, faults.join('; '));
}
process.stdout.write(`# ${routes} routes take a key\n`);
await admin.end();
finish();
