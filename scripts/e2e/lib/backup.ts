/**
 * The drill. Requests run on the platform of the suites all the while; one payment's outcome is
 * unknown when the backup is taken, and another one is made after it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { roleUrl } from '../../../infra/database/roles.ts';
import { readOptions } from '../../../infra/launcher/options.ts';
import { freePorts } from '../../../infra/launcher/ports.ts';
import { postgresServer } from '../../../infra/postgres/server.ts';
import { startPlatform } from '../../test-platform.ts';
import { run, stopOnSignals } from '../../test-processes.ts';
import { compare } from './backup-compare.ts';
import { diesWell, refusesDamage } from './backup-damage.ts';
import { call, ok, until } from './http.ts';
import { anOffice, type Office, paymentLink } from './office.ts';
import { type Kept, startMix } from './rolling-mix.ts';
import { check, finish, note } from './tap.ts';

const PER_SECOND = 40;
/** Limits at the edge count by token. */
const OFFICES = 8;
const scripts = `${import.meta.dirname}/../..`;
const original = { ...process.env } as Record<string, string>;
const { DATA_DIR: data = '', DATABASE_URL: database_url = '' } = original;
const folder = mkdtempSync(join(tmpdir(), 'roundhouse drill '));
const backup = join(folder, 'a backup');
const restored = join(folder, 'restored data');

stopOnSignals(1);

const agreed = { name: 'Pat Principal', terms_accepted: true };
const pays = (link: string) => ({
  method: 'POST',
  path: `payments/public/links/${link}/pay`,
  body: { item: 'deposit', payment_method: 'pm_card_visa' },
});

/** A quote that its client has accepted; answers the link under which the deposit is paid. */
async function accepted(office: Office) {
  const { charter_id, link } = await office.sendsQuote(office.nextWeek());
  await ok({ method: 'POST', path: `charters/public/quotes/${link}/accept`, body: agreed });
  return { charter_id, link: await paymentLink(link) };
}

const becomesConfirmed = ({ token }: Office, charter_id: string) =>
  until(
    { method: 'GET', path: `charters/charters/${charter_id}`, token },
    ({ body }) => body?.status === 'confirmed',
  );

const stripe = (settings: object) =>
  fetch(`${original.STRIPE_ADMIN_URL}/control`, {
    method: 'POST',
    body: JSON.stringify(settings),
  });

/** The restored database before any service has touched it. */
async function compareRestored(): Promise<void> {
  const state = JSON.parse(readFileSync(join(restored, 'state.json'), 'utf8'));
  const password: string = state.postgres_password;
  const { postgres_home: home } = readOptions(['--data', restored]);
  const port = await freePorts()();
  const server = postgresServer({ home, port, password, durable: true, max_connections: 100 });
  await server.start();
  try {
    const url = new URL(roleUrl(`postgres://127.0.0.1:${port}`, 'roundhouse', 'postgres'));
    url.password = password;
    const found = await compare(url.href, database_url);
    const { tables, rows, later, missing, surplus, unequal } = found;
    note(`${rows} rows in ${tables} tables restored; ${later} rows were written since`);
    check('each row committed by then is there, as it was', missing.length === 0, missing[0]);
    check('work went on meanwhile', later > 0 && rows > 0);
    check('nothing of what is never changed is there besides', surplus.length === 0, surplus[0]);
    check('each account of the ledger has the sum that it had', unequal.length === 0, unequal[0]);
  } finally {
    await server.stop();
  }
}

async function verify(addresses: Record<string, string>): Promise<string> {
  const { output } = await run([process.execPath, `${scripts}/verify.ts`], addresses);
  return output
    .split('\n')
    .filter((line) => !line.startsWith('ok'))
    .join('\n')
    .trim();
}

const offices: Office[] = [];
for (let number = 0; number < OFFICES; number += 1) offices.push(await anOffice());
const [office] = offices as [Office];
const { refresh_token } = (await ok({ method: 'POST', path: 'auth/login', body: office.owner }))
  .body;
const open = await office.sendsQuote(office.nextWeek());
const paid = await accepted(office);
await ok(pays(paid.link));
await becomesConfirmed(office, paid.charter_id);
const unknown = await accepted(office);
const gap = await accepted(office);

const kept: Kept[] = [];
const stopLoad = startMix(offices, kept, PER_SECOND);
try {
  await stripe({
    faults: [{ path: '/v1/payment_intents', method: 'POST', cut_answer: true, times: 1_000 }],
    webhooks: { hold: true },
  });
  const told = await call(pays(unknown.link));
  check('a payment is made whose outcome nobody knows', told.status === 503, told.text);
  await setTimeout(2_000);
  const since = String(Temporal.Now.instant().subtract({ seconds: 30 }));
  const before = [...kept];
  const both = await Promise.all(
    [backup, `${backup} too`].map((target) => run([`${scripts}/backup`, '--data', data, target])),
  );
  const faults = both.filter(({ status }) => status !== 0).map(({ output }) => output);
  check('two backups at once of a working platform', faults.length === 0, faults[0]);
  note(both[0]?.output.split('\n')[0] ?? '');
  await stripe({ clear: true });
  await becomesConfirmed(office, unknown.charter_id);
  await ok(pays(gap.link));
  await diesWell(data, database_url, join(folder, 'killed'));
  await refusesDamage(backup);

  const { status, output } = await run([`${scripts}/restore`, backup, '--data', restored]);
  check('the backup is restored', status === 0, output);
  const again = await run([`${scripts}/restore`, backup, '--data', restored]);
  check('a restore overwrites nothing', again.status === 1, again.output);
  await compareRestored();
  const { requests, failed } = await stopLoad();
  note(`${requests} requests beside it, ${failed.length} failed`);
  check('no request failed meanwhile', failed.length === 0 && requests > 0, failed[0]);

  const copy = await startPlatform(`${scripts}/start`, ['--data', restored, '--no-demo']);
  try {
    Object.assign(process.env, copy.addresses);
    // What was on its way by a broker is not in the copy; on this transport it repeats nothing.
    const replay = [`${scripts}/replay`, '--since', since, '--data', restored];
    const replayed = await run(replay);
    check('what was sent shortly before is sent again', replayed.status === 0, replayed.output);
    const reads = before.map(({ path, office: { token } }) => ({ method: 'GET', path, token }));
    let missing = 0;
    for (const read of reads) if ((await call(read)).status !== 200) missing += 1;
    note(`${reads.length} writes were acknowledged before the backup began`);
    check('each of them is restored', missing === 0 && reads.length > 0, `${missing} are not`);
    await becomesConfirmed(office, unknown.charter_id);
    check('the unknown outcome was asked for, and the charter is confirmed', true);
    const wrong = await verify(copy.addresses);
    check('the verdict on the restored platform is good', wrong === '', wrong);

    const refresh = { method: 'POST', path: 'auth/refresh', body: { refresh_token } };
    const session = await call(refresh);
    check('an old session goes on', session.status === 200, session.text);
    const { link, charter_id } = open;
    await ok({ method: 'POST', path: `charters/public/quotes/${link}/accept`, body: agreed });
    await ok(pays(await paymentLink(link)));
    const token: string = session.body.access_token;
    await becomesConfirmed({ ...office, token }, charter_id);
    check('an old link is accepted and paid', true);
    const stripes = { STRIPE_ADMIN_URL: original.STRIPE_ADMIN_URL ?? '' };
    const newer = await verify({ ...copy.addresses, ...stripes });
    check("the verdict tells of charges that only the provider's newer book has", newer !== '');
    check('and still after the work of the drill', (await verify(copy.addresses)) === '');
  } finally {
    await copy.stop();
  }
} finally {
  await stopLoad();
  await stripe({ clear: true });
  const { postgres_home } = readOptions(['--data', restored]);
  for (const path of [postgres_home, folder]) rmSync(path, { recursive: true, force: true });
}
finish();
