import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What SQLite says where another one holds the lock: https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Kept from the garbage collector, which would close them and let go. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of a file, and answers how to let go; undefined where another one has it. It is
 * SQLite's, and so the system's own: whoever is killed has let go, and nobody has to guess whether
 * a lock that was left behind is still meant.
 */
export function takeLock(file: string): (() => void) | undefined {
  const lock = new DatabaseSync(file);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    held.add(lock);
    return () => {
      if (held.delete(lock)) lock.close();
    };
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

/**
 * One launcher a data folder: a second one would stop the database under the first. Answers how to
 * let go. `launcher.pid` only tells a person who it is.
 */
export function lockData(data: string): () => void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const named = join(data, 'launcher.pid');
  const release = takeLock(join(data, 'launcher.lock'));
  if (release === undefined) {
    const holder = readFileSync(named, 'utf8');
    throw new Error(`A platform runs on ${data} already (process ${holder}): stop it, or --data …`);
  }
  writeFileSync(named, String(process.pid), { mode: 0o600 });
  return () => {
    rmSync(named, { force: true });
    release();
  };
}
