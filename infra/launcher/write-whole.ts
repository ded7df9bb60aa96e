import { renameSync, writeFileSync } from 'node:fs';

/** Whole or not at all, whoever reads it meanwhile, and also when we are killed in the middle. */
export function writeWhole(path: string, text: string): void {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text, { mode: 0o600 });
  renameSync(partial, path);
}
