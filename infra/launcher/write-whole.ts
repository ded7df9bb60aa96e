import { renameSync, writeFileSync } from 'node:fs';

/**
 * Whole or not at all, whoever reads it meanwhile, and also when we are killed in the middle. For
 * our own eyes, unless the mode says more.
 */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text, { mode });
  renameSync(partial, path);
}
