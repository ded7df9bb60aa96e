/**
 * F20 of the reliability catalogue, and what follows it: today's migrations beside the code before,
 * then today's code by a rolling restart, both under load; sessions and links of before go on.
 */
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { readOptions } from '../../../infra/launcher/options.ts';
import { type Platform, startPlatform } from '../../test-platform.ts';
import { run, stopOnSignals } from '../../test-processes.ts';
import { call, ok, until } from './http.ts';
import { anOffice, type Office, paymentLink } from './office.ts';
import { hasCommit, oldTree, pull } from './old-tree.ts';
import { type Kept, settled, startMix } from './rolling-mix.ts';
import { check, finish, note } from './tap.ts';

/** The last commits of a schema that was in use. Today's code takes over from the first at once. */
const BEFORE = '5349f36783c0fadbe00780e6ce910dc820e64180';
/** From this one a stop is due: later migrations say that no service runs meanwhile. */
const LONG_BEFORE = 'b5331c9714b36bbea12870ef89c9ae763fb61020';
const FULL = process.env.FULL === '1';
const PER_SECOND = 40;
/** Limits at the edge count by token. */
const OFFICES = 10;
const DRAIN_MS = 2_000;
const LOOK_EVERY_MS = 5;

const repository = join(import.meta.dirname, '../../..');
const scripts = join(repository, 'scripts');

stopOnSignals(1);

/** Requests by the clock until `work` is done; answers what failed. */
async function underLoad<T>(offices: Office[], kept: Kept[], work: () => Promise<T>) {
  const stop = startMix(offices, kept, PER_SECOND);
  const result = await work().finally(stop);
  return { ...(await stop()), result };
}

/** Looks again and again for whoever waits for a table; answers the longest wait, in ms. */
async function longestWait(database_url: string, work: () => Promise<unknown>): Promise<number> {
  const database = new pg.Client({ connectionString: database_url });
  await database.connect();
  let over = false;
  let longest = 0;
  const watching = (async () => {
    while (!over) {
      const { rows } = await database.query(`
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)) * 1000, 0) AS ms
        FROM pg_locks WHERE locktype = 'relation' AND NOT granted`);
      longest = Math.max(longest, Number(rows[0].ms));
      await setTimeout(LOOK_EVERY_MS);
    }
  })();
  await work().finally(() => {
    over = true;
  });
  await watching;
  await database.end();
  return longest;
}

/** How many migrations each schema has taken, and whether these are all that there are. */
async function migrationsOf(database_url: string) {
  const database = new pg.Client({ connectionString: database_url });
  await database.connect();
  let applied = 0;
  let wanted = 0;
  const shared = globSync('shared/database/migrations/*.ts', { cwd: repository }).length;
  for (const path of globSync('services/*/migrations', { cwd: repository })) {
    const service = path.split('/')[1] ?? '';
    const { rows } = await database.query(`SELECT count(*) FROM ${service}.knex_migrations`);
    applied += Number(rows[0].count);
    wanted += shared + globSync(`${path}/*.ts`, { cwd: repository }).length;
  }
  await database.end();
  return { applied, wanted };
}

/** What somebody holds who was there before. */
interface Held {
  office: Office;
  refresh_token: string;
  /** Of a quote that waits for its client. */
  open: { charter_id: string; link: string };
  /** Of a deposit that is due. */
  due: { charter_id: string; link: string };
}

const agreed = { name: 'Pat Principal', terms_accepted: true };
const accepts = (link: string) =>
  ok({ method: 'POST', path: `charters/public/quotes/${link}/accept`, body: agreed });

async function held(office: Office): Promise<Held> {
  const login = { method: 'POST', path: 'auth/login', body: office.owner };
  const { refresh_token } = (await ok(login)).body;
  const open = await office.sendsQuote(office.nextWeek());
  const due = await office.sendsQuote(office.nextWeek());
  await accepts(due.link);
  return { office, refresh_token, open, due: { ...due, link: await paymentLink(due.link) } };
}

async function goesOn({ refresh_token, open, due }: Held): Promise<void> {
  const refresh = { method: 'POST', path: 'auth/refresh', body: { refresh_token } };
  const session = await call(refresh);
  check('a session of before goes on', session.status === 200, session.text);
  const token: string = session.body.access_token;
  const pays = async ({ charter_id, link }: Held['due']) => {
    const body = { item: 'deposit', payment_method: 'pm_card_visa' };
    await ok({ method: 'POST', path: `payments/public/links/${link}/pay`, body });
    await until(
      { method: 'GET', path: `charters/charters/${charter_id}`, token },
      (answer) => answer.body?.status === 'confirmed',
    );
  };
  await pays(due);
  check('a payment link of before is paid, and its charter confirmed', true);
  await accepts(open.link);
  await pays({ ...open, link: await paymentLink(open.link) });
  check('a quote of before is accepted and paid', true);
}

async function verdict({ addresses }: Platform): Promise<void> {
  const { output } = await run([process.execPath, join(scripts, 'verify.ts')], addresses);
  const broken = output.split('\n').filter((line) => line !== '' && !line.startsWith('ok'));
  check('the verdict on the platform is good', broken.length === 0, broken.join('\n'));
}

async function someOffices(): Promise<Office[]> {
  const offices: Office[] = [];
  for (let number = 0; number < OFFICES; number += 1) offices.push(await anOffice());
  return offices;
}

/** Schema first, then code, while people work. */
async function rolling(folder: string): Promise<void> {
  const tree = join(folder, 'before');
  oldTree(BEFORE, tree);
  const two = ['--instances', '2', '--drain-ms', String(DRAIN_MS)];
  const platform = await startPlatform(join(tree, 'scripts/start'), two);
  try {
    const { addresses } = platform;
    Object.assign(process.env, addresses);
    const { DATABASE_URL = '', DATA_DIR = '' } = addresses;
    const offices = await someOffices();
    const before = await held(offices[0] as Office);
    const kept: Kept[] = [];

    const old = await migrationsOf(DATABASE_URL);
    check('the schema is an older one', old.applied < old.wanted, JSON.stringify(old));
    let wait_ms = 0;
    const migrating = await underLoad(offices, kept, async () => {
      await setTimeout(1_000);
      const migrate = () => run([join(scripts, 'migrate'), '--data', DATA_DIR]);
      let answer = { status: null as number | null, output: '' };
      wait_ms = await longestWait(DATABASE_URL, async () => {
        answer = await migrate();
      });
      await setTimeout(1_000);
      return answer;
    });
    check('the migrations are applied', migrating.result.status === 0, migrating.result.output);
    const now = await migrationsOf(DATABASE_URL);
    check('each of them, and once', now.applied === now.wanted, JSON.stringify(now));
    note(`${now.applied - old.applied} migrations beside ${migrating.requests} requests`);
    note(`nobody was seen to wait for a table longer than ${wait_ms.toFixed(0)} ms`);
    const { failed } = migrating;
    check('no request fails while the schema changes', failed.length === 0, failed[0]);

    pull(tree);
    const restarting = await underLoad(offices, kept, () => run([`${scripts}/restart`, DATA_DIR]));
    const { status, output } = restarting.result;
    check("each process takes today's code", status === 0, output);
    note(`${output.trim()}, beside ${restarting.requests} requests`);
    const lost = restarting.failed;
    check('no request fails while the code changes', lost.length === 0, lost.join('; '));
    const { missing } = await settled(offices, kept);
    check('each acknowledged write is there', missing === 0 && kept.length > 0, `${missing} not`);
    await goesOn(before);
    await verdict(platform);
  } finally {
    await platform.stop();
  }
}

/** Stopped and started: what stood in the old schema is there in the new one. */
async function atOnce(folder: string): Promise<void> {
  const tree = join(folder, 'long before');
  const data = join(folder, 'data of long before');
  oldTree(LONG_BEFORE, tree);
  const old = await startPlatform(join(tree, 'scripts/start'), ['--data', data]);
  let before: Held;
  try {
    Object.assign(process.env, old.addresses);
    before = await held((await someOffices())[0] as Office);
  } finally {
    await old.stop();
  }
  const platform = await startPlatform(join(scripts, 'start'), ['--data', data]);
  try {
    Object.assign(process.env, platform.addresses);
    const { applied, wanted } = await migrationsOf(platform.addresses.DATABASE_URL ?? '');
    check('a much older schema is brought to this one', applied === wanted);
    await goesOn(before);
    await verdict(platform);
  } finally {
    await platform.stop();
    const { postgres_home } = readOptions(['--data', data]);
    rmSync(postgres_home, { recursive: true, force: true });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'roundhouse-upgrade-'));
try {
  const wanted = [
    { commit: BEFORE, name: 'an upgrade under load', work: rolling },
    ...(FULL ? [{ commit: LONG_BEFORE, name: 'a long way at once', work: atOnce }] : []),
  ];
  for (const { commit, name, work } of wanted) {
    if (hasCommit(commit)) await work(folder);
    else process.stdout.write(`skip - ${name} # this clone has no commit ${commit.slice(0, 12)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
finish();
