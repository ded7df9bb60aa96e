import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyTable, keyFile, keyTableFile, readKeyTable } from '@roundhouse/service/key-folder';
import { keyThumbprint } from '@roundhouse/service/token';
import { takeLock } from '../launcher/lock.ts';
import { writeWhole } from '../launcher/write-whole.ts';
import { firstTable, nextKey, publishKey, retireKeys, signWithNext } from './rotation.ts';

/** One step at a time: the launcher retires keys while `scripts/rotate-keys` makes new ones. */
function alone<T>(folder: string, step: () => T): T {
  const release = takeLock(join(folder, 'lock.sqlite'));
  if (release === undefined) {
    throw new Error(`Somebody else is changing the keys in ${folder}. Try again.`);
  }
  try {
    return step();
  } finally {
    release();
  }
}

const saveTable = (folder: string, table: KeyTable) =>
  writeWhole(keyTableFile(folder), `${JSON.stringify(KeyTable.parse(table), null, 2)}\n`);

/** Writes the key's file, which nobody looks at before the table names it. */
function saveKey(folder: string, pem: string): string {
  const kid = keyThumbprint(createPublicKey(pem));
  writeWhole(keyFile(folder, kid), pem);
  return kid;
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** Files of keys that the table does not name (yet or any more): a crash left them. */
function removeStrays(folder: string, { keys }: KeyTable): void {
  const named = new Set(keys.map(({ kid }) => keyFile(folder, kid)));
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (/\.pem(\.\d+)?$/.test(name) && !named.has(file)) rmSync(file);
  }
}

/**
 * Makes the first key of an installation, or takes over the only one that it had while it kept it
 * in a file of its own.
 */
export function ensureKeys(folder: string, only_key: string, now: Temporal.Instant): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  alone(folder, () => {
    if (!existsSync(keyTableFile(folder))) {
      const pem = existsSync(only_key) ? readFileSync(only_key, 'utf8') : newKey();
      saveTable(folder, firstTable(saveKey(folder, pem), now));
    }
    rmSync(only_key, { force: true });
    removeStrays(folder, readKeyTable(folder));
  });
}

/** Makes the next key where there is none, and answers its name. */
export function publishNextKey(folder: string, now: Temporal.Instant): string {
  return alone(folder, () => {
    const table = readKeyTable(folder);
    const known = nextKey(table);
    if (known !== undefined) return known.kid;
    const kid = saveKey(folder, newKey());
    saveTable(folder, publishKey(table, kid, now));
    return kid;
  });
}

export function signWithNextKey(
  folder: string,
  now: Temporal.Instant,
  retire_after?: Temporal.Duration,
): void {
  alone(folder, () => saveTable(folder, signWithNext(readKeyTable(folder), now, retire_after)));
}

/** Forgets the keys whose time has come, and answers which; their files go last. */
export function retireDueKeys(folder: string, now: Temporal.Instant): string[] {
  // Mostly there is nothing to do, and no reason to keep others out.
  const before = readKeyTable(folder);
  if (retireKeys(before, now) === before) return [];
  return alone(folder, () => {
    const table = readKeyTable(folder);
    const after = retireKeys(table, now);
    saveTable(folder, after);
    removeStrays(folder, after);
    const kept = new Set(after.keys.map(({ kid }) => kid));
    return table.keys.map(({ kid }) => kid).filter((kid) => !kept.has(kid));
  });
}
