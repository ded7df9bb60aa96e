/**
 * Kong's own tool judges kong.yml: `node infra/deck/check.ts`. It is built of its sources once,
 * which takes five minutes and Go, and kept outside the repository.
 */
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../database/services.ts';
import { renderKong } from '../launcher/kong.ts';
import { deckForm } from './deck-form.ts';

const run = promisify(execFile);
const MODULE = ['go.mod', 'go.sum'];
const BUILD_DEADLINE_MS = 20 * 60_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** The program, built if it is not there yet; another version of it has another name. */
async function builtDeck(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of MODULE) hash.update(readFileSync(join(import.meta.dirname, name)));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'roundhouse');
  const program = join(cache, `deck-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'deck-'));
  const partial = `${program}.${process.pid}`;
  try {
    // A copy, since the build completes the list of what it needs.
    for (const name of MODULE) copyFileSync(join(import.meta.dirname, name), join(folder, name));
    const args = ['build', '-mod=mod', '-o', partial, 'github.com/kong/deck'];
    await run('go', args, { cwd: folder, timeout: BUILD_DEADLINE_MS });
    renameSync(partial, program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(partial, { force: true });
  }
  return program;
}

/** What deck finds wrong; undefined where that is nothing. */
async function faultsOf(deck: string, text: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'deck-'));
  const file = join(folder, 'kong.yml');
  writeFileSync(file, text, { mode: 0o600 });
  try {
    await run(deck, ['file', 'validate', '--analytics=false', file]);
    return undefined;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}` || message;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** kong.yml as a gateway gets it, with a key and with Redis, so that both are judged. */
function rendered(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const text = readFileSync(join(repository, 'kong.yml'), 'utf8');
  return deckForm(renderKong(text, { keys: [pem], redis_url: 'redis://redis' }));
}

/** A checker that finds nothing may be blind: each of these it must see. */
const PLANTED: [string, (kong: string) => string][] = [
  ['an unknown key of a service', (kong) => kong.replace('\n  - retries:', '\n  - retriess:')],
  ['a wrong type', (kong) => kong.replace(/read_timeout: \d+/, 'read_timeout: soon')],
  ['two services of one name', (kong) => kong.replace('name: clients-health', 'name: clients')],
];

async function check(): Promise<{ passed: number; failed: number }> {
  const deck = await builtDeck();
  const kong = rendered();
  const tally = { passed: 0, failed: 0 };
  const tell = (holds: boolean, line: string) => {
    tally[holds ? 'passed' : 'failed'] += 1;
    say(`${holds ? 'ok' : 'not ok'} - deck ${line}`);
  };
  const faults = await faultsOf(deck, kong);
  tell(faults === undefined, `takes kong.yml${faults === undefined ? '' : `: ${faults}`}`);
  for (const [fault, plant] of PLANTED) {
    const planted = plant(kong);
    const seen = planted !== kong && (await faultsOf(deck, planted)) !== undefined;
    tell(seen, `sees ${fault}`);
  }
  return tally;
}

if (await hasGo()) {
  const { passed, failed } = await check().catch((error: Error) => {
    say(`not ok - deck can be built: ${error.message}`);
    return { passed: 0, failed: 1 };
  });
  say(`deck: ${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = Math.min(failed, 1);
} else {
  say('skipped: deck judges kong.yml: Go is not installed');
  say('deck: 0 passed, 0 failed, 1 skipped');
}
