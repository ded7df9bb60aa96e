/** What two instances of a service share, asked of each by itself, and of both by the gateway. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { serviceFolders } from '../../../infra/database/services.ts';
import { startPlatform } from '../../test-platform.ts';
import { run, stopOnSignals } from '../../test-processes.ts';
import { call, ok, until } from './http.ts';
import { anOffice, type Office, paymentLink } from './office.ts';
import { check, finish, note } from './tap.ts';

const INSTANCES = 2;
const AT_ONCE = 50;
const PAYMENTS = 5;
const LIMIT = 60;
/** A plan is known to all within a minute, and counted in whole ones. */
const LIMIT_DEADLINE_MS = 120_000;
const DRAIN_DEADLINE_MS = 30_000;
const TRIES = 5;
const SERVICES = serviceFolders().map(({ name }) => name);
const scripts = join(import.meta.dirname, '../..');

stopOnSignals(1);

const urlsOf = (service: string) => String(process.env[`${service.toUpperCase()}_URL`]).split(',');

interface Asked {
  method: string;
  /** At the service itself: without its name. */
  path: string;
  token: string;
  body?: object;
  headers?: Record<string, string>;
}

/** Past the gateway, at one instance. */
async function asks(url: string, { method, path, token, body, headers }: Asked) {
  const answer = await fetch(`${url}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** What a busy instance sends away is asked again, as often as it takes. */
async function untilServed(url: string, asked: Asked) {
  for (;;) {
    const answer = await asks(url, asked);
    if (answer.status !== 503) return answer;
    await setTimeout(200);
  }
}

/** As many at once, every other one at the second instance. */
const bothAtOnce = (service: string, asked: (turn: number) => Asked) => {
  const urls = urlsOf(service);
  return Promise.all(
    Array.from({ length: AT_ONCE }, (_, turn) =>
      untilServed(urls[turn % urls.length] ?? '', asked(turn)),
    ),
  );
};

/** The sum of a metric over all its labels, at each instance. */
async function metric(service: string, name: string): Promise<number[]> {
  const texts = urlsOf(service).map(async (url) => (await fetch(`${url}/metrics`)).text());
  return (await Promise.all(texts)).map((text) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0),
  );
}

const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);

async function database<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  return work(client).finally(() => client.end());
}

const countOf = (sql: string, values: unknown[] = []) =>
  database(async (client) => Number((await client.query(sql, values)).rows[0].count));

/** C7, half of them at the one instance and half at the other. */
async function oneKey({ token, tenant_id }: Office): Promise<void> {
  const headers = { 'idempotency-key': randomUUID() };
  const name = `One key ${randomUUID()}`;
  const posts = (body: object): Asked => ({
    method: 'POST',
    path: 'clients',
    token,
    body,
    headers,
  });
  const answers = await bothAtOnce('clients', () => posts({ name }));
  const good = answers.filter(({ status }) => status === 201);
  const busy = answers.filter(({ status }) => status === 409);
  const told = `${good.length} answered, ${busy.length} told that it is under way`;
  const all = good.length >= 1 && good.length + busy.length === AT_ONCE;
  check(`C7 at two instances: ${AT_ONCE} requests with one key are one`, all, told);
  const made = 'SELECT count(*) FROM clients.clients WHERE tenant_id = $1 AND name = $2';
  check('C7: with one effect', (await countOf(made, [tenant_id, name])) === 1);
  const again = await Promise.all(urlsOf('clients').map((url) => asks(url, posts({ name }))));
  const [first] = good;
  const same = [...good, ...again].every(({ text }) => text === first?.text);
  check('C7: each answers what the other has answered, to the byte', same);
  const others = await Promise.all(
    urlsOf('clients').map((url) => asks(url, posts({ name: 'Something else' }))),
  );
  check(
    'C7: and refuses another body',
    others.every(({ status }) => status === 422),
  );
}

/** Whoever has read a version changes it, and nobody else who has read the same one. */
async function oneVersion({ token, client_id }: Office): Promise<void> {
  const path = `clients/${client_id}`;
  const read = await asks(urlsOf('clients')[0] ?? '', { method: 'GET', path, token });
  const headers = { 'if-match': `"${JSON.parse(read.text).version}"` };
  const answers = await bothAtOnce('clients', (turn) => {
    return { method: 'PATCH', path, token, headers, body: { name: `Name ${turn}` } };
  });
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
  const told = [...new Set(answers.map(({ status }) => status))].join();
  const right = count(200) === 1 && count(412) === AT_ONCE - 1;
  check(`of ${AT_ONCE} changes of one version at two instances one is made`, right, told);
}

const stripe = (path: string, settings?: object) =>
  fetch(`${process.env.STRIPE_ADMIN_URL}/${path}`, {
    ...(settings === undefined ? {} : { method: 'POST', body: JSON.stringify(settings) }),
  });

/** What nobody knows the outcome of is asked for by one of the two sweeps. */
async function oneSweep(office: Office): Promise<void> {
  const agreed = { name: 'Pat Principal', terms_accepted: true };
  const body = { item: 'deposit', payment_method: 'pm_card_visa' };
  // The client of the provider asks a second time by itself: both answers are lost.
  const cut = { path: '/v1/payment_intents', method: 'POST', cut_answer: true, times: 2 };
  let unknown = 0;
  for (let number = 0; number < PAYMENTS; number += 1) {
    const { link, charter_id } = await office.sendsQuote(office.nextWeek());
    await ok({ method: 'POST', path: `charters/public/quotes/${link}/accept`, body: agreed });
    const path = `payments/public/links/${await paymentLink(link)}/pay`;
    await stripe('control', { faults: [cut], webhooks: { hold: true } });
    const { status } = await call({ method: 'POST', path, body });
    if (status === 503) unknown += 1;
    await until(
      { method: 'GET', path: `charters/charters/${charter_id}`, token: office.token },
      (answer) => answer.body?.status === 'confirmed',
    );
  }
  await stripe('control', { clear: true });
  check('the outcome of each payment was unknown', unknown === PAYMENTS, `${unknown}`);
  const { requests } = (await (await stripe('requests?limit=1000')).json()) as {
    requests: { method: string; path: string; idempotency_key: string | null }[];
  };
  const calls = new Map<string, number>();
  for (const { method, path, idempotency_key } of requests) {
    if (method !== 'POST' || path !== '/v1/payment_intents') continue;
    calls.set(String(idempotency_key), (calls.get(String(idempotency_key)) ?? 0) + 1);
  }
  const once = [...calls.values()].every((count) => count === 3) && calls.size === PAYMENTS;
  check('each is asked for once more, by one of two sweeps', once, [...calls.values()].join());
}

/** Events on the wire and in effect: counted by each process since it began. */
async function oneRelay(): Promise<void> {
  for (const service of SERVICES) {
    const unsent = `SELECT count(*) FROM ${service}.outbox WHERE sent_at IS NULL`;
    const deadline = performance.now() + DRAIN_DEADLINE_MS;
    while ((await countOf(unsent)) > 0 && performance.now() < deadline) await setTimeout(100);
    const written = await countOf(`SELECT count(*) FROM ${service}.outbox`);
    const sent = total(await metric(service, 'roundhouse_events_sent_total'));
    check(`${service} sends each event once`, sent === written, `${written} written, ${sent} sent`);
  }
  const subscribed = `SELECT count(*) FROM transport.subscriptions WHERE queue = $1`;
  for (const service of SERVICES) {
    if ((await countOf(subscribed, [service])) === 0) continue;
    const received = () => countOf(`SELECT count(*) FROM ${service}.inbox`);
    const taken = async () => total(await metric(service, 'roundhouse_events_taken_total'));
    const deadline = performance.now() + DRAIN_DEADLINE_MS;
    let seen = [-1, 0];
    while (seen[0] !== seen[1] && performance.now() < deadline) {
      seen = [await received(), await taken()];
      await setTimeout(100);
    }
    const told = `${seen[0]} in the inbox, ${seen[1]} taken`;
    check(`${service} takes each event once`, seen[0] === seen[1], told);
  }
}

async function bothWork(): Promise<void> {
  for (const service of SERVICES) {
    const counts = await metric(service, 'http_server_request_duration_seconds_count');
    const both = counts.length === INSTANCES && counts.every((count) => count > 0);
    check(`both instances of ${service} have answered requests`, both, counts.join());
  }
}

/** The limit guards a process; a business has it at each. */
async function limitEach(): Promise<void> {
  const { token, subdomain } = await anOwner();
  const { DATA_DIR = '' } = process.env;
  const limit = ['--requests-per-minute', String(LIMIT), '--data', DATA_DIR];
  const plan = [join(scripts, 'tenant'), 'plan', subdomain, 'standard', ...limit];
  // On a busy machine the command may be told that the database is away for a moment.
  let { status, output } = await run(plan);
  for (let tries = 1; status !== 0 && tries < TRIES; tries += 1)
    ({ status, output } = await run(plan));
  check('a business is given a limit', status === 0, output);
  const get: Asked = { method: 'GET', path: 'rate-cards', token };
  for (const [index, url] of urlsOf('pricing').entries()) {
    const deadline = performance.now() + LIMIT_DEADLINE_MS;
    let answered = 0;
    while (answered !== 429 && performance.now() < deadline) {
      answered = (await asks(url, get)).status;
    }
    const what = `instance ${index + 1} holds a business to its limit, whatever the other counts`;
    check(what, answered === 429, String(answered));
  }
}

async function anOwner() {
  const subdomain = `owner-${randomUUID().slice(0, 13)}`;
  const names = { first_name: 'Olive', last_name: 'Owner' };
  const login = { email: `${subdomain}@harbor.example`, password: 'securepass123' };
  const body = { business_name: 'Harbor Coaches', subdomain, ...login, ...names };
  const answer = await ok({ method: 'POST', path: 'auth/signup', body });
  return { subdomain, token: String(answer.body.access_token) };
}

/** A suite of the one platform, on this one; its checks are ours. */
async function suite(file: string): Promise<void> {
  const { status, output } = await run([process.execPath, join(import.meta.dirname, file)]);
  process.stdout.write(output);
  check(`${file} holds at two instances`, status === 0);
}

const more = ['--no-demo', '--instances', String(INSTANCES), '--drain-ms', '2000'];
const platform = await startPlatform(join(scripts, 'start'), more);
try {
  Object.assign(process.env, platform.addresses);
  const office = await anOffice();
  await oneKey(office);
  await oneVersion(office);
  await oneSweep(office);
  await suite('log-ins.ts');
  await suite('revocation.ts');
  await limitEach();
  await bothWork();
  await oneRelay();
  const { output } = await run([process.execPath, join(scripts, 'verify.ts')]);
  const broken = output.split('\n').filter((line) => line !== '' && !line.startsWith('ok'));
  check('the verdict on the platform is good', broken.length === 0, broken.join('\n'));
} finally {
  await platform.stop();
}
note(`two instances of ${SERVICES.length} services`);
finish();
