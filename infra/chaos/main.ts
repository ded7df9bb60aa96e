/** `scripts/chaos`: breaks a platform of its own, scenario by scenario, and judges what is left. */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopOnSignals } from '../../scripts/test-processes.ts';
import { fromCommandLine } from '../command-line.ts';
import { rabbitMissing } from '../rabbitmq/server.ts';
import { type Business, openBusinesses } from './businesses.ts';
import { allKinds } from './mix.ts';
import { readOptions, USAGE } from './options.ts';
import { plantNeeds, SET_UP } from './plant.ts';
import type { Platform, PlatformNeeds } from './platform.ts';
import { seeded } from './random.ts';
import { type Result, runScenario } from './run.ts';
import { allScenarios, type Scenario } from './scenario.ts';
import { alwaysRun } from './seeds.ts';
import { startPlatform } from './start-platform.ts';
import { detailsOf, tableOf } from './table.ts';
import { allLines } from './verdict.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

const options = fromCommandLine(() => readOptions(process.argv.slice(2)), USAGE);
const { transport, plant } = options;
const scenarios = await allScenarios();
const kinds = await allKinds();
const lines = await allLines();

if (options.list) {
  for (const { id, sentence, skip } of scenarios) {
    const why = skip?.(transport);
    say(`${id.padEnd(4)} ${sentence}${why === undefined ? '' : ` (skipped: ${why})`}`);
  }
  process.exit(0);
}

interface Round {
  scenario: Scenario;
  seed: number;
}

function roundsOf(): Round[] {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const named = options.scenarios.map((id) => {
    const scenario = byId.get(id);
    if (scenario === undefined) throw new Error(`There is no scenario ${id}: scripts/chaos --list`);
    return scenario;
  });
  const all = scenarios.filter(({ by_default = true }) => by_default);
  const chosen = named.length > 0 ? named : all;
  const seeds = Array.from({ length: options.seeds }, (_, index) => options.seed + index);
  const rounds = chosen.flatMap((scenario) => seeds.map((seed) => ({ scenario, seed })));
  if (named.length > 0) return rounds;
  // What failed once runs again each time.
  return [
    ...rounds,
    ...alwaysRun.flatMap(({ scenario: id, seed }) => {
      const scenario = byId.get(id);
      return scenario === undefined ? [] : [{ scenario, seed }];
    }),
  ];
}

interface Running {
  platform: Platform;
  businesses: Business[];
  key: string;
}
let running: Running | undefined;

const keyOf = ({ preloads, ...needs }: PlatformNeeds) =>
  JSON.stringify({ ...needs, preloads: preloads !== undefined });

/** The one that runs where it fits, or a new one. */
async function platformFor(needs: PlatformNeeds): Promise<Running> {
  const key = keyOf(needs);
  if (running?.key === key) return running;
  await endPlatform();
  const { instances, seed } = options;
  const platform = await startPlatform({ transport, instances, needs, random: seeded(seed) });
  running = { platform, key, businesses: [] };
  running.businesses = await openBusinesses(options.businesses);
  writeFileSync(join(platform.scratch, SET_UP), '');
  return running;
}

async function endPlatform(): Promise<void> {
  const ending = running;
  running = undefined;
  await ending?.platform.stop();
}

/** What the processes said stays where it can be read. */
function keepLogs({ platform }: Running): void {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-chaos-red-'));
  cpSync(join(String(platform.addresses.DATA_DIR), 'logs'), folder, { recursive: true });
  writeFileSync(join(folder, 'launcher.log'), platform.said());
  say(`  logs: ${folder}`);
}

async function runRound({ scenario, seed }: Round): Promise<Result | undefined> {
  const { id, sentence, transports, skip } = scenario;
  const fits = transports === undefined || transports.includes(transport);
  const missing = transport === 'rabbitmq' ? rabbitMissing : undefined;
  const why = missing ?? (fits ? skip?.(transport) : `only on ${transports?.join(', ')}`);
  if (why !== undefined) {
    say(`skip - ${id} ${sentence} # ${why}`);
    return undefined;
  }
  say(`${id} ${sentence} (seed ${seed}, ${transport})`);
  const result = await play(scenario, seed).catch((error: Error): Result => {
    const wrong = [{ sentence: 'the platform can be started and judged', rows: [error.stack] }];
    return {
      ...{ scenario: id, sentence, seed, transport, wrong },
      cells: {},
      figures: [],
      seconds: 0,
    };
  });
  process.stdout.write(detailsOf(result));
  const good = result.wrong.length === 0;
  say(`${good ? 'ok' : 'not ok'} - ${id} ${sentence}, in ${result.seconds.toFixed(0)} s`);
  // What is wrong in it now would be found wrong by every scenario that follows.
  if (!good && running !== undefined) {
    // Of a planted fault everybody knows what is wrong.
    if (plant === undefined) keepLogs(running);
    await endPlatform();
  }
  return result;
}

async function play(scenario: Scenario, seed: number): Promise<Result> {
  const { platform, businesses } = await platformFor(plantNeeds(scenario.needs ?? {}, plant));
  const { per_second, seconds } = options;
  return runScenario({ scenario, seed, platform, businesses, kinds, lines, per_second, seconds });
}

stopOnSignals(130);

const results: Result[] = [];
const rounds = fromCommandLine(roundsOf, USAGE);
try {
  for (const round of rounds) {
    const result = await runRound(round);
    if (result !== undefined) results.push(result);
  }
} finally {
  await endPlatform();
}
const columns = lines.map(({ column }) => column);
if (results.length > 0) say(`\n${transport}\n\n${tableOf(results, columns)}`);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2));
const red = results.filter(({ wrong }) => wrong.length > 0).length;
const skipped = rounds.length - results.length;
say(`\n# ${results.length - red} good, ${red} red, ${skipped} skipped`);
process.exit(red > 0 ? 1 : 0);
