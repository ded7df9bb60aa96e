/** `scripts/rotate-keys`: a new signing key for a running platform, and nobody is logged out. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readKey, readKeyTable } from '@roundhouse/service/key-folder';
import { fromCommandLine } from '../command-line.ts';
import { repository } from '../database/services.ts';
import { publishNextKey, retireDueKeys, signWithNextKey } from './key-store.ts';
import { untilKnown } from './probe.ts';
import { RETIRE_AFTER, signingKey } from './rotation.ts';

const USAGE = `scripts/rotate-keys [--data DIR] [--wait] [--retire-after SECONDS]
  [--deadline SECONDS] [--keys DIR --gateway-url URL]`;
const say = (line: string) => process.stdout.write(`${line}\n`);

const seconds = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(USAGE);
  return value;
};

function readOptions() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: join(repository, '.roundhouse') },
      /** Where no launcher has written down where they are. */
      keys: { type: 'string' },
      'gateway-url': { type: 'string' },
      /** Stay until the old key is gone. */
      wait: { type: 'boolean', default: false },
      /** Less than a token lives: whoever has one of the old key has to refresh it before. */
      'retire-after': { type: 'string', default: String(RETIRE_AFTER.total('seconds')) },
      /** How long all have to know the new key. */
      deadline: { type: 'string', default: '120' },
    },
  });
  const { keys, wait, 'gateway-url': gateway_url } = values;
  return {
    ...{ keys, wait, gateway_url, data: resolve(values.data) },
    retire_after: Temporal.Duration.from({ seconds: seconds(values['retire-after']) }),
    deadline_ms: seconds(values.deadline) * 1_000,
  };
}

function gatewayUrl(data: string): string {
  let addresses: string;
  try {
    addresses = readFileSync(join(data, 'addresses'), 'utf8');
  } catch {
    throw new Error(`No platform runs on ${data}: scripts/start`);
  }
  const [, url] = /^GATEWAY_URL=(.*)$/m.exec(addresses) ?? [];
  if (url === undefined) throw new Error(`${data}/addresses names no gateway.`);
  return url;
}

async function rotate(options: ReturnType<typeof readOptions>): Promise<void> {
  const { data, keys, retire_after, deadline_ms } = options;
  const folder = keys ?? join(data, 'keys');
  const gateway_url = options.gateway_url ?? gatewayUrl(data);

  const before = signingKey(readKeyTable(folder)).kid;
  const kid = publishNextKey(folder, Temporal.Now.instant());
  say(`1. ${kid} is published; ${before} goes on signing`);
  const pem = readKey(folder, kid);
  say('2. waiting until all know it');
  await untilKnown({ gateway_url, pem, deadline_ms, say });
  signWithNextKey(folder, Temporal.Now.instant(), retire_after);
  say(`3. ${kid} signs`);
  const old = readKeyTable(folder).keys.find((key) => key.kid === before);
  say(`4. ${before} is known until ${old?.retire_at}; then it is removed`);
  if (!options.wait) return;
  while (readKeyTable(folder).keys.some((key) => key.kid === before)) {
    await setTimeout(250);
    // A launcher would do it by itself.
    if (keys !== undefined) retireDueKeys(folder, Temporal.Now.instant());
  }
  say(`5. ${before} is removed`);
}

await rotate(fromCommandLine(readOptions, USAGE)).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.stderr.write('Nothing is lost: the key before goes on signing. Run it again.\n');
  process.exitCode = 1;
});
