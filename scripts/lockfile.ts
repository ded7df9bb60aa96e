/** Fails where `npm ci` would on some machine: `node scripts/lockfile.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
}

/** Every folder whose node_modules the package at `path` may look into, itself included. */
function lookedInto(path: string): string[] {
  const parts = path.split('/node_modules/');
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/node_modules/'));
  return ['', ...folders.filter((folder) => folder !== '').map((folder) => `${folder}/`)];
}

/**
 * A registry's address ties the clone to the machine that wrote it. A platform's package that the
 * registry lacked on that day is left out without a word, and `npm ci` then refuses everywhere.
 */
export function lockfileFaults(text: string): string[] {
  const { packages }: Locked = JSON.parse(text);
  return Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => {
    const missing = Object.keys(optionalDependencies).filter(
      (name) => !lookedInto(path).some((folder) => packages[`${folder}node_modules/${name}`]),
    );
    return [
      ...(resolved?.includes('://') ? [`${path} is to come from ${resolved}`] : []),
      ...missing.map((name) => `${path || 'the root'} lacks ${name}`),
    ];
  });
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '../package-lock.json');
  const faults = lockfileFaults(readFileSync(file, 'utf8'));
  for (const fault of faults) process.stdout.write(`package-lock.json: ${fault}\n`);
  process.exitCode = Math.min(faults.length, 1);
}
