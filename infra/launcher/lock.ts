import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process with its arguments, as one text. macOS has no /proc, and a small Linux no `ps`. */
const commandOf = (pid: number): string =>
  existsSync('/proc/self')
    ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    : execFileSync('ps', ['-o', 'args=', '-p', String(pid)]).toString();

/** Whether the process still is a launcher; ids come round again. */
function isLauncher(pid: number): boolean {
  try {
    return commandOf(pid).includes('launcher/main.ts');
  } catch {
    return false;
  }
}

/**
 * One launcher a data folder: a second one would stop the database under the first. Answers how to
 * let go. A launcher that was killed has left its file, and its id says that it is gone.
 */
export function lockData(data: string): () => void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = join(data, 'launcher.pid');
  const take = () => writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
  try {
    take();
  } catch {
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder !== process.pid && isLauncher(holder)) {
      throw new Error(
        `A platform runs on ${data} already (process ${holder}): stop it, or --data …`,
      );
    }
    rmSync(file);
    take();
  }
  return () => rmSync(file, { force: true });
}
