/** Each question of each dashboard and alert, to a real Prometheus over a loaded platform. */
import { setTimeout } from 'node:timers/promises';
import { openBusinesses } from '../../../infra/chaos/businesses.ts';
import { startLoad } from '../../../infra/chaos/load.ts';
import { allKinds } from '../../../infra/chaos/mix.ts';
import { seeded } from '../../../infra/chaos/random.ts';
import { serviceFolders } from '../../../infra/database/services.ts';
import { differences, documented, served } from '../../../infra/observability/catalogue.ts';
import { type Prometheus, startPrometheus } from '../../../infra/observability/prometheus.ts';
import {
  type Asked,
  panelQueries,
  rules,
  selectorsOf,
} from '../../../infra/observability/queries.ts';
import { scrapeConfig } from '../../../infra/observability/scrape.ts';
import { plantTroubles } from './observability-troubles.ts';
import { check, finish } from './tap.ts';

const SEED = 5;
const PER_SECOND = 10;
/** What was counted last has been scraped by then, and the rules have seen it. */
const SETTLE_MS = 6_000;
const LOAD_MS = 20_000;

/** Series that only a broker has: where events go by Postgres there are none. */
const OF_BROKER = /^rabbitmq_|job="rabbitmq"/;

/** Each panel's question is one, and has an answer that is a number. */
async function asksPanels(prometheus: Prometheus): Promise<void> {
  const faults: string[] = [];
  const fault = async ({ where, query, empty_when }: Asked) => {
    const samples = await prometheus.ask(query);
    if (samples.length === 0) return empty_when === undefined ? `${where}: no data` : undefined;
    const isNumber = samples.some(({ value }) => !Number.isNaN(value));
    return isNumber ? undefined : `${where}: nothing but NaN`;
  };
  const asked = panelQueries();
  for (const one of asked) {
    const said = await fault(one).catch((error: Error) => `${one.where}: ${error.message}`);
    if (said !== undefined) faults.push(said);
  }
  check(`each of ${asked.length} questions of the dashboards has data`, faults.length === 0);
  for (const line of faults) process.stdout.write(`# ${line}\n`);
}

/** What an alert looks at is there: a name or a label that nobody has would never fire. */
async function asksRules(prometheus: Prometheus): Promise<void> {
  const missing: string[] = [];
  const all = rules();
  for (const { alert, record, expr } of all) {
    for (const selector of selectorsOf(expr).filter((one) => !OF_BROKER.test(one))) {
      const found = await prometheus.series(selector);
      if (found.length === 0) missing.push(`${alert ?? record}: ${selector}`);
    }
  }
  check(`each series that ${all.length} rules ask for is there`, missing.length === 0);
  for (const line of missing) process.stdout.write(`# ${line}\n`);
}

interface RuleState {
  groups: { rules: { name: string; health: string; lastError?: string }[] }[];
}

async function rulesAreWell(prometheus: Prometheus): Promise<void> {
  const { groups } = (await prometheus.get('rules')) as RuleState;
  const loaded = groups.flatMap((group) => group.rules);
  check('Prometheus has loaded each rule', loaded.length === rules().length);
  const ill = loaded.filter(({ health }) => health !== 'ok');
  check('and evaluates each', ill.length === 0, JSON.stringify(ill));
}

/** What each process serves, against the table in docs/observability.md. */
async function tableHolds(): Promise<void> {
  const found = new Map();
  for (const { name } of serviceFolders()) {
    const [url = ''] = (process.env[`${name.toUpperCase()}_URL`] ?? '').split(',');
    found.set(name, served(await (await fetch(`${url}/metrics`)).text()));
  }
  const wrong = differences(documented(), found);
  check('the table of metrics is what the services serve', wrong.length === 0);
  for (const line of wrong) process.stdout.write(`# ${line}\n`);
}

const prometheus = await startPrometheus(scrapeConfig(process.env, { every: '1s' }));
try {
  await plantTroubles();
  const businesses = await openBusinesses(2);
  const random = seeded(SEED);
  const kinds = await allKinds();
  const load = startLoad({ businesses, kinds, per_second: PER_SECOND, random });
  await setTimeout(LOAD_MS);
  await load.end();
  await setTimeout(SETTLE_MS);
  check('the platform was under load', load.outcomes.length > 100, `${load.outcomes.length}`);
  await tableHolds();
  await rulesAreWell(prometheus);
  await asksPanels(prometheus);
  await asksRules(prometheus);
} finally {
  await prometheus.stop();
}
finish();
