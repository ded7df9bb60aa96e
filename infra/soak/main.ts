/** `scripts/soak`: the mixed load for minutes on end, and whether anything rises meanwhile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stopOnSignals } from '../../scripts/test-processes.ts';
import { openBusinesses } from '../chaos/businesses.ts';
import { allKinds } from '../chaos/mix.ts';
import { seeded } from '../chaos/random.ts';
import { runScenario } from '../chaos/run.ts';
import type { Scenario } from '../chaos/scenario.ts';
import { startPlatform } from '../chaos/start-platform.ts';
import { detailsOf } from '../chaos/table.ts';
import { allLines } from '../chaos/verdict.ts';
import { fail, fromCommandLine } from '../command-line.ts';
import { repository } from '../database/services.ts';
import { rabbitMissing } from '../rabbitmq/server.ts';
import { judge, tableOf } from './judgment.ts';
import { readOptions, type SoakOptions, USAGE } from './options.ts';
import { type Sample, takeSample } from './samples.ts';

/** A short run is looked at more often: what is judged needs enough of them. */
const SAMPLES = 60;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** No fault at all: what fails is wrong, and what rises is a leak. */
const soak = ({ minutes }: SoakOptions, samples: Sample[]): Scenario => ({
  id: 'F17',
  sentence: `${minutes} minutes of mixed load`,
  run: async ({ platform, load, pause }) => {
    const began = performance.now() - load.now_ms();
    const ends_at = performance.now() + minutes * 60_000;
    while (performance.now() < ends_at) {
      samples.push(await takeSample(platform, began));
      await pause((minutes * 60_000) / SAMPLES);
    }
  },
});

async function run(options: SoakOptions): Promise<boolean> {
  const { transport, instances, seed, rate, minutes } = options;
  say(`Starting a platform, ${instances} processes of each service, ${transport}`);
  const platform = await startPlatform({ transport, instances, needs: {}, random: seeded(seed) });
  try {
    const businesses = await openBusinesses(options.businesses);
    const samples: Sample[] = [];
    const timed: { minutes: number; took_ms: number }[] = [];
    const lines = await allLines();
    // The load's own record is judged with the rest of the verdict; here it lends its times.
    const times = {
      ...{ column: 'times', place: Number.POSITIVE_INFINITY, sentence: 'requests are timed' },
      judge: ({ load }: Parameters<(typeof lines)[number]['judge']>[0]) => {
        for (const { at_ms, took_ms } of load?.outcomes ?? []) {
          timed.push({ minutes: at_ms / 60_000, took_ms });
        }
        return { figure: String(timed.length), wrong: [] };
      },
    };
    const scenario = soak(options, samples);
    const kinds = await allKinds();
    say(`${rate} requests/s for ${minutes} minutes`);
    const result = await runScenario({
      ...{ scenario, seed, platform, businesses, kinds, lines: [...lines, times] },
      ...{ per_second: rate, seconds: minutes * 60 },
    });
    const judged = judge(samples, timed);
    const good = judged.every((one) => one.good) && result.wrong.length === 0;
    mkdirSync(dirname(options.json), { recursive: true });
    const report = { options, good, judged, verdict: result, samples };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    const cells = Object.entries(result.cells).map(([name, figure]) => `${name} ${figure}`);
    process.stdout.write(`\n${tableOf(judged)}\n\n${cells.join('; ')}\n${detailsOf(result)}`);
    say(`\n${good ? 'Flat' : 'RED'}. As JSON: ${options.json}`);
    return good;
  } finally {
    await platform.stop();
  }
}

const options = fromCommandLine(
  () => readOptions(process.argv.slice(2), join(repository, '.roundhouse')),
  USAGE,
);
if (options.transport === 'rabbitmq' && rabbitMissing !== undefined) {
  fail(`No soak on RabbitMQ: ${rabbitMissing}.`, 2);
}
stopOnSignals(130);
process.exit((await run(options)) ? 0 : 1);
