/** What the same requests cost with 10,000, 100,000 and 1,000,000 bookings; one caller, p50. */
import { setTimeout } from 'node:timers/promises';
import { page } from '@roundhouse/database';
import { type Bench, measure, type Row } from '../bench.ts';
import type { Finding } from '../finding.ts';
import type { Shot } from '../fire.ts';
import { type Platform, reconnect, startPlatform } from '../platform.ts';
import {
  apiOf,
  type Business,
  copyQuotes,
  openBusiness,
  type PreparedQuote,
  renewTokens,
} from '../prepare.ts';
import { allProcesses, serverIn } from '../processes.ts';
import { acceptance, addresses } from '../shots.ts';
import { median } from '../statistics.ts';
import { growTo } from './growth-rows.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 5_000, 20_000];
const BUSINESSES = 10;
const FEW_BUSINESSES = 3;
const COACHES = 50;
/** One business asks for all: the edge lets each of its tokens ask 3,000 times a minute. */
const SESSIONS = 24;
/** Accepted at each size: as many as a single caller manages in its runs. */
const ACCEPTANCES_PER_SECOND = 400;

interface Question {
  name: string;
  what: string;
  shot: () => Shot | undefined;
}

/** What is asked at each size, of the business that holds half of all. */
async function questionsOf(platform: Platform, business: Business, quotes: PreparedQuote[]) {
  const { db } = platform;
  const sample = async (sql: string) =>
    (await db.query(sql, [business.tenant_id])).rows.map(({ value }) => String(value));
  const clients = await sample(`SELECT id AS value FROM bookings.clients
    WHERE tenant_id = $1 ORDER BY md5(id::text) LIMIT 200`);
  const names = await sample(`SELECT split_part(email, '@', 1) AS value FROM bookings.clients
    WHERE tenant_id = $1 AND email LIKE 'school%' ORDER BY md5(id::text) LIMIT 200`);
  const cursor = await deepCursor(platform, business);
  let turn = 0;
  const get = (path: string): Shot => {
    turn += 1;
    const token = business.tokens[turn % business.tokens.length];
    return { method: 'GET', path, headers: { authorization: `Bearer ${token}` } };
  };
  const list = '/api/v1/charters/charters?limit=20';
  const any = (values: string[]) => encodeURIComponent(values[turn % values.length] ?? '');
  const questions: Question[] = [
    { name: 'list', what: 'list 20', shot: () => get(list) },
    {
      ...{ name: 'calendar', what: 'list 20 by start' },
      shot: () => get(`${list}&sort=starts_at`),
    },
    {
      ...{ name: 'history', what: 'history of a client' },
      shot: () => get(`${list}&client_id=${any(clients)}`),
    },
    { name: 'deep', what: 'a page far down', shot: () => get(`${list}&cursor=${cursor}`) },
    {
      ...{ name: 'search', what: 'search of clients' },
      shot: () => get(`/api/v1/clients/clients?limit=20&q=${any(names)}`),
    },
    {
      ...{ name: 'accept', what: 'accept a quote' },
      shot: () => {
        const quote = quotes.pop();
        return quote && acceptance(quote);
      },
    },
  ];
  return questions;
}

/** The cursor of the row in the middle of the list, as the list itself would give it. */
async function deepCursor(platform: Platform, business: Business): Promise<string> {
  const sort = '-created_at';
  const { behind } = page({ limit: 1, sort });
  const answer = await apiOf(platform, business.tokens[0]).get('charters/charters?limit=1');
  const [first] = answer.data as [{ id: string; created_at: string }];
  const marked = String(answer.next_cursor);
  const mark = marked.slice(0, -behind(first).length);
  const { rows } = await platform.db.query(
    `SELECT id, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
    FROM bookings.charters WHERE tenant_id = $1 ORDER BY created_at DESC
    OFFSET (SELECT count(*) / 2 FROM bookings.charters WHERE tenant_id = $1) LIMIT 1`,
    [business.tenant_id],
  );
  const created_at = Temporal.Instant.from(rows[0].created_at).toString();
  return encodeURIComponent(mark + behind({ ...rows[0], created_at }));
}

/** The server counts its statements from its next start on, which is the launcher's to do. */
async function countStatements(platform: Platform): Promise<void> {
  await platform.db.query(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
  await platform.db.query(`ALTER SYSTEM SET pg_stat_statements.track = 'all'`);
  const { postgres_home } = platform.watched;
  const [server] = serverIn(postgres_home, allProcesses());
  if (server === undefined) throw new Error('PostgreSQL does not run.');
  // A fast shutdown; its supervisor starts it again.
  process.kill(server.pid, 'SIGINT');
  while (serverIn(postgres_home, allProcesses()).some(({ pid }) => pid === server.pid)) {
    await setTimeout(50);
  }
  await reconnect(platform);
  await platform.db.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
}

interface Statements {
  /** The slowest one of a service. */
  slowest: { ms: number; query: string };
  /** So many were sent by services. */
  sent: number;
}

/** Since the count began. */
async function statements({ db }: Platform): Promise<Statements> {
  const of_services = `FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
    WHERE rolname LIKE '%\\_app'`;
  const { rows } = await db.query(`
    SELECT max_exec_time AS ms, left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS query,
      (SELECT coalesce(sum(calls), 0) ${of_services} AND toplevel) AS sent
    ${of_services} ORDER BY max_exec_time DESC LIMIT 1`);
  const [found] = rows;
  const slowest = { ms: Number(found?.ms ?? 0), query: String(found?.query ?? 'none') };
  return { slowest, sent: Number(found?.sent ?? 0) };
}

interface Cost {
  what: string;
  /** At each size. */
  p50_ms: number[];
}

interface Measures {
  costs: Map<string, Cost>;
  foreign_cores: number;
  /** At the last size. */
  slowest: Statements['slowest'];
  statements: Record<string, number>;
}

async function measureQuestion(bench: Bench, { name, what, shot }: Question, into: Measures) {
  const { platform, single_ms: duration_ms, runs, quiet } = bench;
  const target = { name, base_url: platform.gateway, next: shot, addresses };
  const times: number[] = [];
  await measure(bench, target, { callers: 1, duration_ms: duration_ms / 2 });
  await platform.db.query('SELECT pg_stat_statements_reset()');
  let requests = 0;
  for (let run = 0; run < runs; run += 1) {
    const { result, foreign_cores } = await quiet.run(() =>
      measure(bench, target, { callers: 1, duration_ms }),
    );
    into.foreign_cores = Math.max(into.foreign_cores, foreign_cores);
    times.push(result.p50_ms);
    requests += result.requests;
  }
  const { slowest, sent } = await statements(platform);
  if (slowest.ms > into.slowest.ms) into.slowest = slowest;
  into.statements[name] = Math.round((sent / requests) * 10) / 10;
  const cost = into.costs.get(name) ?? { what, p50_ms: [] };
  cost.p50_ms.push(median(times));
  into.costs.set(name, cost);
}

async function measureSize(bench: Bench, business: Business, into: Measures): Promise<void> {
  const { platform, single_ms, runs, quiet } = bench;
  await renewTokens(platform, [business], SESSIONS);
  const count = (ACCEPTANCES_PER_SECOND * (runs + 1) * single_ms) / 1_000;
  const quotes = await copyQuotes(platform, business, { count });
  await platform.db.query('ANALYZE bookings.charters, bookings.quotes');
  const questions = await questionsOf(platform, business, quotes);
  Object.assign(into, { slowest: { ms: 0, query: 'none' }, statements: {} });
  await quiet.wait();
  for (const question of questions) await measureQuestion(bench, question, into);
}

function report(bench: Bench, sizes: number[], measures: Measures): void {
  const { costs, foreign_cores, slowest } = measures;
  const names = sizes.map((size) => size.toLocaleString('en'));
  const findings = [...costs].map(([name, { what, p50_ms }]): Finding => {
    const [first = 0, last = 0] = [p50_ms[0], p50_ms.at(-1)];
    return {
      ...{ id: `growth-${name}`, what: `${what}, p50 at ${names.at(-1)} bookings` },
      ...{ figure: last, unit: 'ms', reference: { what: `at ${names[0]}`, figure: first } },
      ...{ goal: { of: 'ratio', at_most: 1.3 }, foreign_cores },
    };
  });
  bench.say(`  the slowest statement, ${slowest.ms.toFixed(1)} ms: ${slowest.query}`);
  bench.found(...findings, {
    ...{ id: 'slowest-query', what: `the slowest statement at ${names.at(-1)} bookings` },
    ...{ figure: slowest.ms, unit: 'ms', goal: { of: 'figure', at_most: 50 }, foreign_cores },
  });
  // In how many round trips they go is declared (`max_trips`) and held by the services' tests.
  bench.diagnose('SQL statements of one request, with what follows from it', measures.statements);
  bench.plot({
    ...{ title: 'Growth: p50 of one caller', axis: 'ms', kind: 'line', points: names },
    lines: [...costs.values()].map(({ what, p50_ms }) => ({ name: what, values: p50_ms })),
  });
}

export const row: Row = {
  name: 'growth',
  about: 'the same requests with 10,000 to 1,000,000 bookings, on a platform of its own',
  run: async (bench) => {
    const { quick, quiet, say } = bench;
    const sizes = quick ? QUICK_SIZES : SIZES;
    const platform = await startPlatform();
    try {
      quiet.watch(platform.watched.postgres_home);
      await countStatements(platform);
      const businesses: Business[] = [];
      for (let number = 0; number < (quick ? FEW_BUSINESSES : BUSINESSES); number += 1) {
        const size = { coaches: COACHES, clients: 1, unlimited: number === 0 };
        businesses.push(await openBusiness(platform, size));
      }
      const [largest] = businesses as [Business];
      const grown = { of: new Map<string, number>() };
      const measures: Measures = {
        ...{ costs: new Map(), foreign_cores: 0, statements: {} },
        slowest: { ms: 0, query: 'none' },
      };
      for (const bookings of sizes) {
        const began = performance.now();
        await growTo(platform, businesses, grown, bookings);
        const took = ((performance.now() - began) / 1_000).toFixed(0);
        say(`  ${bookings.toLocaleString('en')} bookings, made in ${took} s`);
        await measureSize({ ...bench, platform }, largest, measures);
      }
      report(bench, sizes, measures);
    } finally {
      await platform.stop();
    }
  },
};
