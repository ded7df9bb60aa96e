/** `scripts/bench`: ours beside the reference, in the same run; the ratios are what counts. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { roleUrl } from '../database/roles.ts';
import { DATABASE } from '../launcher/processes.ts';
import { loadState } from '../launcher/state.ts';
import { cpuPerRequest, cpuTimes, memory } from './cpu.ts';
import { type LoadResult, load, type Shot } from './load.ts';
import { type PreparedQuote, prepare, prepareRace } from './prepare.ts';
import type { Acceptance } from './reference.ts';

const CALLERS = 50;
const RUNS = 3;
const DURATION_MS = Number(process.env.BENCH_SECONDS ?? 6) * 1_000;
/** More than any machine of today takes in one run of a kind. */
const QUOTES_PER_RUN = 5_000 * (DURATION_MS / 1_000);

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} comes from the launcher's ready file.`);
  return value;
};
const say = (line: string) => process.stdout.write(`${line}\n`);

const gateway = need('GATEWAY_URL');
const adminUrl = need('DATABASE_URL');
const state = loadState(need('DATA_DIR'));
const server = new URL(adminUrl);
server.pathname = '';
const appUrl = roleUrl(server.href, DATABASE, 'bookings_app', state.roles_secret);

const admin = new pg.Client({ connectionString: adminUrl });
await admin.connect();
const { rows: settings } = await admin.query(
  `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')`,
);
say(`Postgres: ${settings.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`);
say(`Preparing ${QUOTES_PER_RUN * (RUNS * 2 + 2)} quotes`);
const prepared = await prepare(`${gateway}/api/v1/`, admin, {
  quotes: QUOTES_PER_RUN * (RUNS * 2 + 2),
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
  (_, index) => `127.0.${1 + (index >> 8)}.${1 + (index & 127)}`,
);

const nextQuote = (): PreparedQuote | undefined => prepared.quotes.pop();
const acceptShot = (): Shot | undefined => {
  const quote = nextQuote();
  if (quote === undefined) return undefined;
  return {
    method: 'POST',
    path: `/api/v1/charters/public/quotes/${quote.token}/accept`,
    headers: { 'idempotency-key': quote.quote_id },
    body: '{"name":"Pat Principal","terms_accepted":true}',
  };
};
const referenceShot = (): Shot | undefined => {
  const quote = nextQuote();
  if (quote === undefined) return undefined;
  const { tenant_id, quote_id, resource_id }: Acceptance = quote;
  return {
    method: 'POST',
    path: '/accept',
    body: JSON.stringify({ tenant_id, quote_id, resource_id }),
  };
};

let turn = 0;
const user = () => {
  turn += 1;
  return prepared.tokens[turn % prepared.tokens.length] ?? { tenant_id: '', token: '' };
};
const listShot = (): Shot => ({
  method: 'GET',
  path: '/api/v1/charters/charters?limit=20',
  headers: { authorization: `Bearer ${user().token}` },
});
const referenceListShot = (): Shot => ({ method: 'GET', path: `/list/${user().tenant_id}` });

/** Of the last run of each kind: where the CPU time of a request goes. */
const cpu = new Map<string, string>();

interface Measured {
  name: string;
  base_url: string;
  next: () => Shot | undefined;
  from?: string[];
}
const kinds: Measured[] = [
  { name: 'reference write', base_url: reference_url, next: referenceShot },
  { name: 'accept a quote', base_url: gateway, next: acceptShot, from: addresses },
  { name: 'reference list', base_url: reference_url, next: referenceListShot },
  { name: 'list 20 charters', base_url: gateway, next: listShot },
];

async function measure(
  { name, base_url, next, from = [] }: Measured,
  callers: number,
  duration_ms: number,
) {
  const before = cpuTimes();
  const result = await load({ base_url, callers, next, duration_ms, addresses: from });
  const total = [...result.statuses.values()].reduce((all, count) => all + count, 0);
  cpu.set(name, cpuPerRequest(before, total));
  const failed = [...result.statuses].filter(([status]) => status !== 200);
  if (failed.length > 0) say(`  answers that were not 200: ${JSON.stringify(failed)}`);
  return result;
}

const median = (values: number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Several runs in turn, so that a noisy minute hits ours and the reference alike. */
async function measureAll(callers: number, runs: number, duration_ms: number) {
  const results = new Map<string, LoadResult[]>(kinds.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const kind of kinds)
      results.get(kind.name)?.push(await measure(kind, callers, duration_ms));
  }
  const of = (name: string, what: keyof Omit<LoadResult, 'statuses'>) =>
    median((results.get(name) ?? []).map((result) => result[what]));
  for (const { name } of kinds) {
    const [rate, p50, p95, p99] = [
      of(name, 'per_second'),
      of(name, 'p50_ms'),
      of(name, 'p95_ms'),
      of(name, 'p99_ms'),
    ];
    say(
      `${name.padEnd(18)} ${String(callers).padStart(3)} callers ${rate.toFixed(0).padStart(6)}/s` +
        `  p50 ${p50.toFixed(2)} ms  p95 ${p95.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
    );
  }
  const what = callers === 1 ? 'p50_ms' : 'per_second';
  const ratio = (name: string, beside: string) => (of(name, what) / of(beside, what)).toFixed(2);
  say(`  accept / reference write: ${ratio('accept a quote', 'reference write')}`);
  say(`  list / reference list:    ${ratio('list 20 charters', 'reference list')}`);
}

say('Warming up');
await measureAll(10, 1, 2_000);
say(`\n${CALLERS} callers, ${RUNS} runs of ${DURATION_MS / 1_000} s each, medians`);
await measureAll(CALLERS, RUNS, DURATION_MS);
say('CPU time of a request, ms:');
for (const [name, parts] of cpu) say(`  ${name}: ${parts}`);
say('\nOne caller: how much longer ours takes');
await measureAll(1, 1, 3_000);

/** Fifty callers for one coach: who wins, and how long the slowest waits for his answer. */
async function race(number: number): Promise<LoadResult> {
  const options = { callers: CALLERS, quote_link_key: state.quote_link_key, number };
  const links = await prepareRace(`${gateway}/api/v1/`, admin, options);
  const next = (): Shot | undefined => {
    const token = links.pop();
    if (token === undefined) return undefined;
    const path = `/api/v1/charters/public/quotes/${token}/accept`;
    return { method: 'POST', path, body: '{"name":"Pat Principal","terms_accepted":true}' };
  };
  return load({ base_url: gateway, callers: CALLERS, next, duration_ms: 30_000, addresses });
}
const ROUNDS = 20;
let right = 0;
const worst: number[] = [];
for (let number = 0; number < ROUNDS; number += 1) {
  const { statuses, max_ms } = await race(number);
  if (statuses.get(200) === 1 && statuses.get(409) === CALLERS - 1) right += 1;
  worst.push(max_ms);
}
say(`\n${CALLERS} callers for one coach, ${ROUNDS} rounds: one winner in ${right} of them;`);
const [usual, slowest] = [median(worst), Math.max(...worst)].map((ms) => ms.toFixed(0));
say(`  slowest answer of a round: median ${usual} ms, worst ${slowest} ms`);
say(`\nMemory after load, MB: ${memory()}`);

reference.kill();
await admin.end();
