/** `scripts/test`: every check and test, or those named. */
import { accessSync, constants, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants as system, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { fromCommandLine } from '../infra/command-line.ts';
import { type Broker, startBroker } from './test-broker.ts';
import { startPlatform } from './test-platform.ts';
import { type Environment, run, stopAll } from './test-processes.ts';
import {
  countOf,
  jestTally,
  lastLine,
  nothing,
  suiteTally,
  sum,
  type Tally,
} from './test-tally.ts';

const USAGE = `scripts/test [unit|integration|e2e] [PATTERN]
scripts/test e2e --transport rabbitmq [PATTERN]   the end-to-end suites on a RabbitMQ
scripts/test e2e --gateway URL [PATTERN]          against a platform that runs already`;
const repository = dirname(import.meta.dirname);
const KINDS = ['unit', 'integration', 'e2e'] as const;
type Kind = (typeof KINDS)[number];

/** As a person reads them, and as package.json has them. */
const CHECKS = [
  ['format and lint', 'lint'],
  ['types', 'types'],
  ['house rules', 'tidy'],
  ['unused code', 'dead'],
  ['borders', 'bounds'],
  ['lockfile', 'lock'],
  ['contracts', 'contracts'],
] as const;
const CHECK_DEADLINE_MS = 120_000;
const TESTS_DEADLINE_MS = 480_000;
const SUITE_DEADLINE_MS = 300_000;

const say = (text: string) => process.stdout.write(`${text}\n`);
/** What a tool has said, without the colors that it takes for wanted. */
const repeat = (output: string) => say(stripVTControlCharacters(output).trimEnd());
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: { transport: { type: 'string', default: 'postgres' }, gateway: { type: 'string' } },
  });

const { values: options, positionals } = fromCommandLine(readArguments, USAGE);

let interrupted: NodeJS.Signals | undefined;

/** Does one thing, and says what came of it; whatever throws has failed. */
async function step(name: string, work: () => Promise<Tally>): Promise<Tally> {
  if (interrupted) return nothing();
  const began = performance.now();
  say(`${name} …`);
  const tally = await work().catch((error: Error) => {
    repeat(error.message);
    return { ...nothing(), failed: 1 };
  });
  const verdict = tally.failed === 0 ? 'passed' : 'FAILED';
  say(`${verdict}  ${name}: ${lastLine(tally)} (${seconds(began)})`);
  return tally;
}

const check = (name: string, script: string) =>
  step(name, async () => {
    const { status, output } = await run(['npm', 'run', '-s', script], {}, CHECK_DEADLINE_MS);
    if (status === 0) return { ...nothing(), passed: 1 };
    repeat(output);
    return { ...nothing(), failed: 1 };
  });

const jest = (kind: Kind, pattern: string | undefined) =>
  step(`${kind} tests`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roundhouse-test-'));
    const report = join(folder, 'report.json');
    try {
      const { status, output } = await run(
        ['npm', 'run', '-s', 'jest', '--', '--selectProjects', kind, '--json'].concat(
          `--outputFile=${report}`,
          // A pattern may fit files of the other kind alone; without one there is always something.
          pattern === undefined ? [] : ['--passWithNoTests', pattern],
        ),
        {},
        TESTS_DEADLINE_MS,
      );
      if (status !== 0) repeat(output);
      const tally = jestTally(JSON.parse(readFileSync(report, 'utf8')));
      return status !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const suites = (pattern = ''): string[] =>
  globSync('*.sh', { cwd: join(import.meta.dirname, 'e2e') })
    .map((name) => join(import.meta.dirname, 'e2e', name))
    .filter((file) => isExecutable(file) && new RegExp(pattern).test(basename(file)))
    .sort();

async function runSuites(files: string[], addresses: Environment): Promise<Tally> {
  const tallies: Tally[] = [];
  for (const file of files) {
    const suite = async () => {
      const { status, output } = await run([file], addresses, SUITE_DEADLINE_MS);
      const tally = suiteTally(output, status);
      if (tally.failed > 0) repeat(output);
      return tally;
    };
    tallies.push(await step(`end to end, ${basename(file, '.sh')}`, suite));
  }
  return sum(tallies);
}

async function onPlatform(files: string[], more: Environment): Promise<Tally> {
  say('Starting the platform for the end-to-end suites …');
  const platform = await startPlatform(join(import.meta.dirname, 'start'), [], more);
  const addresses = { ...platform.addresses, ...more };
  const total = await runSuites(files, addresses).finally(platform.stop);
  if (total.failed > 0) repeat(`The platform said:\n${platform.said()}`);
  return total;
}

async function endToEnd(pattern: string | undefined): Promise<Tally> {
  const files = suites(pattern);
  if (files.length === 0 || interrupted) return nothing();
  const { gateway } = options;
  // From elsewhere a caller can't have loopback addresses: he says who he is, as a proxy would.
  if (gateway !== undefined) return runSuites(files, { GATEWAY_URL: gateway, AS_PROXY: 'yes' });
  if (options.transport !== 'rabbitmq') return onPlatform(files, {});
  const broker: Broker | string = await startBroker();
  if (typeof broker === 'string') {
    return { ...nothing(), skipped: [`end to end on RabbitMQ: ${broker}`] };
  }
  return onPlatform(files, broker.environment).finally(broker.stop);
}

const failing = (message: string): Tally => {
  say(message);
  return { ...nothing(), failed: 1 };
};

async function work(kind: Kind | undefined, pattern: string | undefined): Promise<Tally> {
  const tallies: Tally[] = [];
  if (kind === undefined && pattern === undefined) {
    for (const [name, script] of CHECKS) tallies.push(await check(name, script));
  }
  const kinds = kind === undefined ? KINDS : [kind];
  for (const one of kinds) {
    const tally =
      one === 'e2e'
        ? await endToEnd(pattern).catch((error: Error) => failing(error.message))
        : await jest(one, pattern);
    // A kind without a test is no success, unless the pattern left it out.
    const blind = countOf(tally) === 0 && pattern === undefined && !interrupted;
    tallies.push(blind ? failing(`There are no ${one} tests.`) : tally);
  }
  const total = sum(tallies);
  if (countOf(total) === 0 && !interrupted) return failing(`No test fits ${pattern}.`);
  return total;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (interrupted) return;
    interrupted = name;
    say(`Stopping (${name}) …`);
    void stopAll();
  });
}

process.chdir(repository);
const [first, second] = positionals;
const kind = KINDS.find((name) => name === first);
const total = await work(kind, kind === undefined ? first : second);
if (kind !== 'unit' && kind !== 'e2e') {
  await run([process.execPath, 'infra/postgres/test-server.ts', 'stop']);
}
for (const what of total.skipped) say(`skipped: ${what}`);
say(lastLine(total));
if (interrupted) process.exitCode = 128 + system.signals[interrupted];
else process.exitCode = Math.min(total.failed, 1);
