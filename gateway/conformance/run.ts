import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLogger } from '@roundhouse/service/log';
import {
  type Gate,
  type Result,
  renderConfiguration,
  runSuite,
  type SuiteClock,
  startEmbedded,
} from './suite.ts';
import { createKeys, type Keys } from './tokens.ts';
import { startUpstreams } from './upstreams.ts';

const MINUTE = 60_000;

/** Keys and the kong.yml that holds their public halves, made on first use. */
function keysIn(folder: string): Keys {
  const path = join(folder, 'keys.json');
  if (!existsSync(path)) {
    const made = createKeys();
    const stored = Object.entries(made).map(([name, { publicKey, privateKey }]) => [
      name,
      { publicKey, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    ]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, JSON.stringify(Object.fromEntries(stored)), { mode: 0o600 });
    writeFileSync(join(folder, 'kong.yml'), renderConfiguration(made));
  }
  const read = JSON.parse(readFileSync(path, 'utf8')) as Record<
    keyof Keys,
    { publicKey: string; privateKey: string }
  >;
  const pair = ({ publicKey, privateKey }: { publicKey: string; privateKey: string }) => ({
    publicKey,
    privateKey: createPrivateKey(privateKey),
  });
  return { a: pair(read.a), b: pair(read.b), other: pair(read.other) };
}

/** Some other process's clock is this machine's, so its windows have to be waited for. */
const machineClock: SuiteClock = {
  now: () => Date.now(),
  nextSecond: () => wait(1000 - (Date.now() % 1000) + 20),
  async roomyMinute() {
    const left = MINUTE - (Date.now() % MINUTE);
    if (left < 20_000) await wait(left + 20);
  },
};

async function openGate(
  baseUrl: string | undefined,
  folder: string | undefined,
): Promise<Gate & { close(): Promise<void> }> {
  if (baseUrl === undefined) return startEmbedded(createLogger('conformance', 'error'));
  if (folder === undefined) throw new Error('--base-url needs --keys, see the README.');
  const upstreams = await startUpstreams(true);
  const base = new URL(baseUrl);
  const gate = { base, upstreams, keys: keysIn(folder), clock: machineClock };
  return { ...gate, close: () => upstreams.close() };
}

function report(results: readonly Result[]): string {
  const lines = results
    .filter(({ outcome }) => outcome !== 'met')
    .map(({ name, outcome, details }) => `${outcome}: ${name}\n    ${details.join('\n    ')}`);
  const count = (outcome: Result['outcome']) =>
    `${results.filter((result) => result.outcome === outcome).length} ${outcome}`;
  const counts = (['met', 'failed', 'left out', 'differs on purpose'] as const).map(count);
  return `${lines.join('\n')}\n${counts.join(', ')}\n`;
}

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    keys: { type: 'string' },
    render: { type: 'string' },
  },
});
if (values.render !== undefined) {
  keysIn(values.render);
  process.stdout.write(`${join(values.render, 'kong.yml')}\n`);
} else {
  const gate = await openGate(values['base-url'], values.keys);
  const results = await runSuite(gate);
  await gate.close();
  process.stdout.write(report(results));
  process.exitCode = results.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}
