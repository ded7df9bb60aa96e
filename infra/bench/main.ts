/** `scripts/bench`: ours beside what the machine can do, in the same run; the ratios count. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromCommandLine } from '../command-line.ts';
import { repository } from '../database/services.ts';
import type { Bench, Row } from './bench.ts';
import { writeInto } from './document.ts';
import { environmentOf } from './environment.ts';
import { openFleet } from './fleet.ts';
import { readOptions, USAGE } from './options.ts';
import { type Platform, startPlatform } from './platform.ts';
import { quietMachine } from './quiet.ts';
import { type Reference, startReference } from './reference.ts';
import { compareWith, type Report, summaryOf, textOf, writeJson } from './report.ts';
import { row as growth } from './rows/growth.ts';
import { row as logins } from './rows/logins.ts';
import { row as memory } from './rows/memory.ts';
import { row as open } from './rows/open.ts';
import { row as order } from './rows/order.ts';
import { row as outboxPostgres } from './rows/outbox-postgres.ts';
import { row as outboxRabbitmq } from './rows/outbox-rabbitmq.ts';
import { row as rates } from './rows/rates.ts';
import { row as recovery } from './rows/recovery.ts';
import { row as slot } from './rows/slot.ts';
import { row as start } from './rows/start.ts';

/** In this order: memory is that after the load, and what is killed has been measured before. */
const ROWS: Row[] = [
  ...[start, rates, order, open, logins, slot, outboxPostgres, memory, recovery],
  ...[outboxRabbitmq, growth],
];
const DOCUMENT = join(repository, 'docs/performance.md');
const PATIENCE_MS = 60_000;
const REPEATING_MS = 180_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

const options = fromCommandLine(
  () => {
    const names = ROWS.map(({ name }) => name);
    return readOptions(process.argv.slice(2), names, join(repository, '.roundhouse'));
  },
  [USAGE, ...ROWS.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`)].join('\n'),
);
const scratch = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
const began = performance.now();
const at = Temporal.Now.instant().toString();
const chosen = ROWS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
const quiet = quietMachine({ patience_ms: PATIENCE_MS, repeating_ms: REPEATING_MS, say });
let platform: Platform | undefined;
let reference: Reference | undefined;

async function stop(): Promise<void> {
  reference?.stop();
  await platform?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(code)));
}

async function run(): Promise<number> {
  const { quick } = options;
  const report: Report = {
    ...{ at, took_seconds: 0, quick, rows: chosen.map(({ name }) => name), environment: {} },
    ...{ foreign_cores: 0, findings: [], skipped: [], plots: [], diagnostics: [] },
  };
  // What our caller has set must not choose another part than a row says.
  for (const name of ['RABBITMQ_URL', 'REDIS_URL']) delete process.env[name];
  say('Starting a platform');
  platform = await startPlatform();
  quiet.watch(platform.watched.postgres_home);
  report.environment = await environmentOf(platform.db);
  reference = await startReference({
    admin_url: platform.admin_url,
    app_url: platform.roleUrl('bookings_app'),
    target: String(platform.addresses.BOOKINGS_URL).split(',')[0] ?? '',
  });
  const bench: Bench = {
    ...{ platform, reference, quiet, scratch, say, quick, fleet: await openFleet(platform, quick) },
    ...(quick
      ? { runs: 1, run_ms: 1_500, single_ms: 800 }
      : { runs: 3, run_ms: 5_000, single_ms: 2_000 }),
    found: (...findings) => void report.findings.push(...findings),
    skip: (skipped) => void report.skipped.push(skipped),
    plot: (plot) => void report.plots.push(plot),
    diagnose: (what, figures) => void report.diagnostics.push({ what, figures }),
  };
  for (const row of chosen) {
    say(`\n${row.name}: ${row.about}`);
    const row_began = performance.now();
    try {
      await row.run(bench);
    } catch (error) {
      // The others are worth having; a row that broke is missed, never passed over.
      const { message } = error as Error;
      say(`  broke: ${message}`);
      report.skipped.push({ id: row.name, what: row.about, why: `broke: ${message}` });
    }
    say(`  (${((performance.now() - row_began) / 1_000).toFixed(0)} s)`);
  }
  report.took_seconds = Math.round((performance.now() - began) / 1_000);
  report.foreign_cores = Math.max(
    0,
    ...report.findings.map(({ foreign_cores = 0 }) => foreign_cores),
  );
  writeJson(options.json, report);
  const text = textOf(report);
  say(`\n${text}\n\n${summaryOf(report.findings)}\nAs JSON: ${options.json}`);
  if (options.document) writeInto(DOCUMENT, text);
  const broke = report.skipped.filter(({ why }) => why.startsWith('broke: ')).length;
  const worse = options.compare === undefined ? 0 : compareWith(options.compare, report, say);
  return broke + worse > 0 ? 1 : 0;
}

const code = await run().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  return 1;
});
await stop();
process.exit(code);
