/**
 * Secrets are sent through all stories of a platform that logs as much as it can, also while its
 * database, its provider and its configuration are at fault. Then every file that any process has
 * written is looked at for each of them, in every form that a writer might give it.
 */
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { readOptions } from '../../../infra/launcher/options.ts';
import { type Platform, startPlatform } from '../../test-platform.ts';
import { start, stop, stopOnSignals } from '../../test-processes.ts';
import { clients, keys, money, people, Stories } from './log-canary-stories.ts';
import type { Office } from './office.ts';
import { killHard } from './processes.ts';
import { search, type Text, textOf, textsIn } from './secret-search.ts';
import { check, finish } from './tap.ts';

/** What was chosen, and then what could not be reached. */
const LINES_OF_A_FAULT = 3;
/** In quarters of a second: seven processes begin at once. */
const PATIENCE = 400;
const root = join(import.meta.dirname, '../../..');

stopOnSignals(1);

const stories = new Stories();

/** What the installation keeps for itself: its state, and the keys that sign. */
function ofInstallation(data: string): void {
  const state: Record<string, unknown> = JSON.parse(readFileSync(join(data, 'state.json'), 'utf8'));
  for (const [name, value] of Object.entries(state)) {
    const isSecret = typeof value === 'string' && !name.endsWith('_id');
    if (isSecret) stories.canaries.set(`${name} of the state`, value);
  }
  for (const name of readdirSync(join(data, 'keys')).filter((one) => one.endsWith('.pem'))) {
    const { d, p } = createPrivateKey(readFileSync(join(data, 'keys', name))).export({
      format: 'jwk',
    });
    stories.canaries.set('the signing key', String(d));
    stories.canaries.set('a prime of the signing key', String(p));
    const [, line = ''] = readFileSync(join(data, 'keys', name), 'utf8').split('\n');
    stories.canaries.set('a line of the signing key', line);
  }
}

/** The passwords of the database's roles, as the processes were told them. */
function ofDatabase({ DATABASE_URL }: Record<string, string>): void {
  stories.canaries.set('the password of the database', new URL(String(DATABASE_URL)).password);
}

async function asSuperuser(url: string | undefined, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A column that is gone, a rule that is broken with the row in its words, and no way in at all. */
async function faultyDatabase(url: string | undefined, { token }: Office): Promise<void> {
  const name = stories.canary('a name in a statement that fails');
  const statuses: number[] = [];
  const enter = async (what: string) => {
    const { status } = await stories.post('clients/clients', { name: what }, token);
    statuses.push(status);
  };
  await asSuperuser(url, 'ALTER TABLE clients.clients RENAME COLUMN name TO name_gone');
  await enter(name);
  await asSuperuser(url, 'ALTER TABLE clients.clients RENAME COLUMN name_gone TO name');
  const broken = `ADD CONSTRAINT no_such_name CHECK (name <> '${name}') NOT VALID`;
  await asSuperuser(url, `ALTER TABLE clients.clients ${broken}`);
  await enter(name);
  await asSuperuser(
    url,
    'ALTER TABLE clients.clients DROP CONSTRAINT no_such_name',
    'ALTER ROLE clients_app NOLOGIN',
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clients_app'`,
  );
  await enter(name);
  await asSuperuser(url, 'ALTER ROLE clients_app LOGIN');
  const told = statuses.join(', ');
  check(
    'faults of the database were met',
    statuses.every((one) => one >= 500),
    told,
  );
}

/** All that a process says that is told what it can't take, or can't reach. */
async function said(main: string, env: Record<string, string>): Promise<Text> {
  let text = '';
  const options = ['--disable-warning=ExperimentalWarning', join(root, main)];
  const child = start([process.execPath, ...options], (more) => (text += more), env);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const isTold = () => text.split('\n').length > LINES_OF_A_FAULT;
  for (let waited = 0; waited < PATIENCE && !isTold(); waited += 1) {
    if (child.exitCode !== null) break;
    await Promise.race([ended, setTimeout(250)]);
  }
  await stop(child);
  return { name: `${main} with ${Object.keys(env).at(-1)}`, text };
}

async function misconfigured(): Promise<Text[]> {
  const secret = (what: string) => stories.canary(`${what} of a wrong configuration`);
  const nowhere = (what: string) =>
    `postgres://auth_app:${secret(`the password of ${what}`)}@127.0.0.1:1/roundhouse`;
  const open = {
    ...{ LOG_LEVEL: 'debug', DRAIN_MS: '0', AUTH_URL: 'http://127.0.0.1:1' },
    ...{ DATABASE_URL: nowhere('app'), DATABASE_WORKER_URL: nowhere('worker') },
  };
  const transport = { TRANSPORT_DATABASE_URL: nowhere('transport') };
  const rabbit = `amqp://guest:${secret('the password of RabbitMQ')}@127.0.0.1:1`;
  const otlp = `http://user:${secret('the password of the collector')}@127.0.0.1:1`;
  const key = { PAYMENT_LINK_KEY: secret('a short key').slice(0, 20) };
  stories.canaries.set('a short key of a wrong configuration', key.PAYMENT_LINK_KEY);
  const runs = { ...open, ...transport };
  const unreached = 'services/pricing/src/main.ts';
  return Promise.all([
    said(unreached, { ...runs, DATABASE_URL: `postgres://a:${secret('a broken address')}@:x:/` }),
    said(unreached, { ...runs, PORT: '48211' }),
    said(unreached, { ...runs, PORT: '48213', OTEL_EXPORTER_OTLP_ENDPOINT: otlp }),
    said(unreached, { ...open, PORT: '48215', RABBITMQ_URL: rabbit }),
    said(unreached, { ...runs, RABBITMQ_URL: `no ${rabbit}` }),
    said('services/payments/src/main.ts', {
      ...{ ...runs, ...key, PUBLIC_URL: 'http://localhost' },
      ...{ STRIPE_WEBHOOK_SECRET: secret('a webhook secret') },
      STRIPE_SECRET_KEY: `sk_live_${secret('a key of Stripe').replace('-', '')}`,
    }),
    said('gateway/src/main.ts', {
      ...{ GATEWAY_PORT: '48217', GATEWAY_CONFIG: join(root, 'kong.yml') },
      OTEL_EXPORTER_OTLP_ENDPOINT: `no ${otlp}`,
    }),
  ]);
}

/** The search itself, on these very files: a leak in each of three forms is seen. */
function planted(logs: string): void {
  const canary = stories.canary('a planted leak');
  const file = join(logs, 'planted.log');
  const basic = Buffer.from(`planted:${canary}`).toString('base64');
  writeFileSync(file, `{"cause":"${canary}"}\n{"path":"/a?b=${canary}"}\n{"header":"${basic}"}\n`);
  const found = search(textsIn(logs), new Map([['a planted leak', canary]]));
  stories.canaries.delete('a planted leak');
  writeFileSync(file, '');
  check('a planted leak is found', found.length === 3, found.join('; '));
}

async function run(platform: Platform): Promise<Text[]> {
  const { addresses } = platform;
  Object.assign(process.env, addresses);
  const data = String(addresses.DATA_DIR);
  const owner = await people(stories);
  await keys(stories, owner);
  const office = await money(stories);
  await clients(stories, office);
  await faultyDatabase(addresses.DATABASE_URL, office);
  const wrong = await misconfigured();
  killHard('stripe');
  await money(stories);
  killHard('payments');
  ofInstallation(data);
  ofDatabase(addresses);
  const { statuses } = stories;
  const told = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  process.stdout.write(`# ${stories.canaries.size} secrets; answers: ${told}\n`);
  const met = [200, 201, 400, 401, 404, 409, 422, 500, 503].filter((one) => !statuses.has(one));
  check('answers of each kind were met', met.length === 0, `none of ${met.join(', ')}`);
  planted(join(data, 'logs'));
  return wrong;
}

process.env.LOG_LEVEL = 'debug';
const platform = await startPlatform(join(root, 'scripts/start'), ['--no-demo']);
let texts: Text[] = [];
try {
  texts = await run(platform);
  const data = String(platform.addresses.DATA_DIR);
  const { postgres_home } = readOptions(['--data', data]);
  // What is under way may have something to say yet.
  await setTimeout(2_000);
  texts.push(...textsIn(join(data, 'logs')), textOf(join(postgres_home, 'log')));
} finally {
  await platform.stop();
}
texts.push({ name: 'launcher', text: platform.said() });
const sizes = texts.map(({ name, text }) => `${name} ${text.split('\n').length - 1}`);
process.stdout.write(`# lines: ${sizes.join(', ')}\n`);
const wanted = ['auth', 'bookings', 'clients', 'gateway', 'payments', 'pricing', 'stripe'];
const names = texts.filter(({ text }) => text !== '').map(({ name }) => name);
const tried = texts.map(({ name }) => name).filter((name) => name.includes('main.ts'));
const silent = [...wanted.map((name) => `${name}.log`), ...tried].filter(
  (name) => !names.includes(name),
);
check('every process has said something', silent.length === 0, silent.join(', '));
const leaks = search(texts, stories.canaries);
check(`none of ${stories.canaries.size} secrets stands in any log`, leaks.length === 0);
for (const leak of leaks.slice(0, 30)) process.stdout.write(`# ${leak}\n`);
finish();
