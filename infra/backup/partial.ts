import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * The name of a folder while it is being written, beside the one that it becomes. What killed
 * commands have left of the same folder is removed.
 */
export function partialOf(target: string): string {
  const parent = dirname(target);
  const prefix = `${basename(target)}.partial.`;
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(parent, name), { recursive: true });
  }
  return join(parent, `${prefix}${process.pid}`);
}

/** Has the disk hold what was written of a file or a folder. */
export function sync(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

/** Whether there is nothing that a restore or a backup would overwrite. */
export const isEmpty = (folder: string): boolean =>
  !existsSync(folder) || readdirSync(folder).length === 0;
