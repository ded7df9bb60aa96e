/**
 * Shows that the verdict can be red: each planted fault is put in under the scenario that should
 * find it, and the right line has to tell of it. `ok - …` or `not ok - …`, and an exit code.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, stopOnSignals } from '../../scripts/test-processes.ts';
import type { Result } from './run.ts';

const DEADLINE_MS = 300_000;

interface Proof {
  plant: string;
  scenario: string;
  /** One of the sentences that have to be wrong. */
  found_by: RegExp;
  /** Part of every run; the others are for a night. */
  quick: boolean;
}

const PROOFS: Proof[] = [
  {
    plant: 'ack-before-commit',
    scenario: 'F2',
    found_by: /every acknowledged effect exists/,
    quick: true,
  },
  { plant: 'no-inbox', scenario: 'F6', found_by: /no event takes effect twice/, quick: true },
  {
    plant: 'mark-before-confirm',
    scenario: 'F2',
    found_by: /every event is in the inbox/,
    quick: false,
  },
  { plant: 'async-commit', scenario: 'F2', found_by: /every acknowledged/, quick: false },
  { plant: 'no-idempotency', scenario: 'C7', found_by: /./, quick: false },
  { plant: 'mark-before-confirm', scenario: 'F4', found_by: /in the inbox|waits/, quick: false },
  { plant: 'one-spoils-all', scenario: 'F8', found_by: /all others are taken/, quick: false },
  { plant: 'no-provider-key', scenario: 'F11', found_by: /card is charged once/, quick: false },
  { plant: 'no-signature', scenario: 'F12', found_by: /signed .* is refused/, quick: false },
  { plant: 'outage-is-a-bug', scenario: 'F14', found_by: /but while a fault/, quick: false },
  { plant: 'no-vehicle-lock', scenario: 'C1', found_by: /for 3 coach/, quick: false },
  { plant: 'locks-in-any-order', scenario: 'C3', found_by: /deadlock/, quick: false },
  { plant: 'cancel-any-time', scenario: 'C11', found_by: /is not canceled/, quick: false },
  { plant: 'guess-freely', scenario: 'C14', found_by: /are checked/, quick: false },
];

stopOnSignals(130);

/** What the run found wrong, and all that it said. */
async function findings({ plant, scenario }: Proof): Promise<{ wrong: string[]; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-proof-'));
  const json = join(folder, 'results.json');
  const few = ['--seconds', '40', '--rate', '30', '--businesses', '3'];
  const main = join(import.meta.dirname, 'main.ts');
  const command = [process.execPath, main, '--plant', plant, '--json', json, ...few, scenario];
  const { output } = await run(command, {}, DEADLINE_MS);
  try {
    const results: Result[] = JSON.parse(readFileSync(json, 'utf8'));
    const wrong = results.flatMap((result) => result.wrong.map(({ sentence }) => sentence));
    return { wrong, said: output };
  } catch {
    return { wrong: [], said: output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const everything = process.argv.includes('--all');
let failed = 0;
for (const proof of PROOFS.filter(({ quick }) => quick || everything)) {
  const { plant, scenario, found_by } = proof;
  const { wrong, said } = await findings(proof);
  const found = wrong.some((sentence) => found_by.test(sentence));
  if (!found) failed += 1;
  process.stdout.write(`${found ? 'ok' : 'not ok'} - ${scenario} finds the planted ${plant}\n`);
  if (!found) process.stdout.write(said.replace(/^/gm, '# '));
}
process.exit(failed === 0 ? 0 : 1);
