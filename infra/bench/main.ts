/** `scripts/bench`: ours beside the reference, in the same run; the ratios are what counts. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { roleUrl } from '../database/roles.ts';
import { repository } from '../database/services.ts';
import { readOptions } from '../launcher/options.ts';
import { DATABASE } from '../launcher/processes.ts';
import { loadState } from '../launcher/state.ts';
import { memory, watchPlatform } from './cpu.ts';
import { load } from './load.ts';
import { type Logins, measureLogins } from './logins.ts';
import { cpu, type Measured, measureAll, median, type Results, say } from './measure.ts';
import { prepare, prepareRace } from './prepare.ts';
import { shotsOf } from './shots.ts';
import { type Row, tableOf, writeInto } from './table.ts';

const CALLERS = 50;
const RUNS = 3;
const DURATION_MS = Number(process.env.BENCH_SECONDS ?? 5) * 1_000;
/** More than any machine of today takes in one run of a kind. */
const QUOTES_PER_RUN = 5_000 * (DURATION_MS / 1_000);
const QUOTES = QUOTES_PER_RUN * (RUNS * 2 + 2);
const ROUNDS = 20;
const DOCUMENT = join(repository, 'docs/performance.md');

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} comes from the launcher's ready file.`);
  return value;
};

const gateway = need('GATEWAY_URL');
const adminUrl = need('DATABASE_URL');
const data = need('DATA_DIR');
const state = loadState(data);
const { postgres_home } = readOptions(['--data', data]);
watchPlatform({ launcher: need('LAUNCHER_PID'), postgres_home });
const server = new URL(adminUrl);
server.pathname = '';
const appUrl = roleUrl(server.href, DATABASE, 'bookings_app', state.roles_secret);

const admin = new pg.Client({ connectionString: adminUrl });
await admin.connect();
const { rows: settings } = await admin.query(
  `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')`,
);
say(`Postgres: ${settings.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`);
say(`Preparing ${QUOTES} quotes`);
const prepared = await prepare(`${gateway}/api/v1/`, admin, {
  quotes: QUOTES,
  quote_link_key: state.quote_link_key,
});

const env = { ...process.env, BENCH_ADMIN_URL: adminUrl, BENCH_APP_URL: appUrl };
const reference = fork(join(import.meta.dirname, 'reference.ts'), { env });
const reference_url = await new Promise<string>((resolve) =>
  reference.once('message', ({ base_url }: { base_url: string }) => resolve(base_url)),
);

/** Many loopback addresses: on public routes the limiter, which stays on, counts by address. */
const addresses = Array.from(
  { length: 400 },
  (_, index) => `127.0.${1 + (index >> 7)}.${1 + (index & 127)}`,
);
const shots = shotsOf(prepared);
const [service = ''] = need('BOOKINGS_URL').split(',');
const write: Measured = { name: 'reference write', base_url: reference_url, next: shots.write };
const accept: Measured = {
  ...{ name: 'accept a quote', base_url: gateway, next: shots.accept, from: addresses },
};
const bareList: Measured = {
  ...{ name: 'reference list', base_url: reference_url, next: shots.bareList },
};
const charters: Measured = { name: 'list 20 charters', base_url: gateway, next: shots.charters };
const clients: Measured = { name: 'list 20 clients', base_url: gateway, next: shots.clients };
const direct: Measured = { name: 'list, past the gateway', base_url: service, next: shots.direct };
const login: Measured = {
  ...{ name: 'log in', base_url: gateway, next: shots.login, from: addresses },
};
const kinds = [write, accept, bareList, charters, direct, clients];

say('Warming up');
await measureAll(kinds, { callers: 10, runs: 1, duration_ms: 2_000 });
say(`\n${CALLERS} callers, ${RUNS} runs of ${DURATION_MS / 1_000} s each, medians`);
const many = await measureAll(kinds, { callers: CALLERS, runs: RUNS, duration_ms: DURATION_MS });
say('CPU time of a request, ms:');
for (const [name, parts] of cpu) say(`  ${name}: ${parts}`);
say('\nOne caller');
const one = await measureAll(kinds, { callers: 1, runs: RUNS, duration_ms: 2_000 });
say('\nLog-ins');
const logins = await measureLogins(login, charters, DURATION_MS);

/** Fifty callers for one coach: who wins, and how long the slowest waits for his answer. */
async function race(number: number): Promise<{ right: boolean; slowest_ms: number }> {
  const options = { callers: CALLERS, quote_link_key: state.quote_link_key, number };
  const links = await prepareRace(`${gateway}/api/v1/`, admin, options);
  const next = () => {
    const token = links.pop();
    return token === undefined ? undefined : shots.acceptance(token);
  };
  const fifty = { base_url: gateway, callers: CALLERS, next, duration_ms: 30_000, addresses };
  const { statuses, max_ms } = await load(fifty);
  const right = statuses.get(200) === 1 && statuses.get(409) === CALLERS - 1;
  return { right, slowest_ms: max_ms };
}
const rounds: { right: boolean; slowest_ms: number }[] = [];
for (let number = 0; number < ROUNDS; number += 1) rounds.push(await race(number));

const rate = (value: number) => `${value.toLocaleString('en', { maximumFractionDigits: 0 })}/s`;
const ms = (value: number) => `${value.toFixed(2)} ms`;
const beside = (what: string, goal: string, ours: number, other: number, show = rate): Row => ({
  ...{ what, ours: show(ours), reference: show(other) },
  ...{ ratio: (ours / other).toFixed(2), goal },
});
const pair = (results: Results, [ours, other]: [Measured, Measured]) => {
  const figure = results === one ? 'p50_ms' : 'per_second';
  return [results.of(ours.name, figure), results.of(other.name, figure)] as const;
};

function loginRows({ raw_per_second, per_second, ...list }: Logins): Row[] {
  const { list_alone_ms, list_meanwhile_ms } = list;
  return [
    beside('log in, beside bare argon2id', '≥ 0.8', per_second, raw_per_second),
    beside('list while others log in, p50', '≤ 2', list_meanwhile_ms, list_alone_ms, ms),
  ];
}

function raceRow(): Row {
  const won = rounds.filter(({ right }) => right).length;
  const slowest = rounds.map(({ slowest_ms }) => slowest_ms);
  const [usual, worst] = [median(slowest), Math.max(...slowest)].map((value) => value.toFixed(0));
  const ours = `one winner in ${won} of ${ROUNDS} rounds; slowest answer ${usual} ms (median)`;
  return {
    ...{ what: `${CALLERS} callers for one coach`, ours: `${ours}, ${worst} ms (worst)` },
    ...{ reference: '', ratio: '', goal: '≤ 100 ms' },
  };
}

function memoryRow(): Row {
  const sizes = [...memory()].sort(([, one_mb], [, other]) => other - one_mb);
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  const each = sizes.map(([name, size]) => `${name} ${size.toFixed(0)}`).join(', ');
  return {
    ...{ what: 'memory after load, all processes', ours: `${all.toFixed(0)} MB (${each})` },
    ...{ reference: '', ratio: '', goal: '≤ 1,700 MB with thirteen services; ≤ 120 MB each' },
  };
}

const [through, past] = pair(one, [charters, direct]);
const table = tableOf([
  beside('accept a quote, 50 callers', '≥ 0.25', ...pair(many, [accept, write])),
  beside('list 20 charters, 50 callers', '≥ 0.4', ...pair(many, [charters, bareList])),
  beside('list 20 clients, 50 callers', '≥ 0.4', ...pair(many, [clients, bareList])),
  beside('accept, one caller, p50', '≤ 3', ...pair(one, [accept, write]), ms),
  beside('list, one caller, p50', '≤ 2', ...pair(one, [charters, bareList]), ms),
  beside('the gateway keeps, list, 50 callers', '≥ 0.75', ...pair(many, [charters, direct])),
  {
    ...{ what: 'the gateway adds, list, one caller, p50', ours: ms(through), reference: ms(past) },
    ...{ ratio: `${(through - past).toFixed(2)} ms more`, goal: '≤ 0.5 ms' },
  },
  ...loginRows(logins),
  raceRow(),
  memoryRow(),
]);
const day = Temporal.Now.plainDateISO('UTC');
say(`\n${table}`);
writeInto(
  DOCUMENT,
  `Printed on ${day}, medians of ${RUNS} runs of ${DURATION_MS / 1_000} s:\n\n${table}`,
);

reference.kill();
await admin.end();
