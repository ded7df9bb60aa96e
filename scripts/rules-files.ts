/** Which files hold the rules of the business: pure functions over plain types. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the repository's root, with slashes. */
  path: string;
  text: string;
}

const SOURCE = /^(services\/[^/]+)\/src\/(?:.*\/)?([^/]+)\.ts$/;
/** Files with a job of their own, by name; whatever else stands in a service's `src` is rules. */
const JOB =
  /^(contract|events|handlers|app|main|meters|subscriptions|seed|seed-.+|store|.+-store)$/;

/** Adapters meet something else than rules: a provider, a key, the operating system. */
const adaptersIn = (text: string): string[] => JSON.parse(text).roundhouse?.adapters ?? [];

/**
 * Tells the rules files apart. `read` gives the text of a file, if there is one: a service lists
 * its adapters in its package.json, as `"roundhouse": { "adapters": ["tokens.ts"] }`.
 */
export function rulesFilter(read: (path: string) => string | undefined) {
  const adapters = new Map<string, string[]>();
  const adaptersOf = (service: string): string[] => {
    const known = adapters.get(service) ?? adaptersIn(read(`${service}/package.json`) ?? '{}');
    adapters.set(service, known);
    return known;
  };
  return (path: string): boolean => {
    const [, service, name = ''] = SOURCE.exec(path) ?? [];
    if (service === undefined || JOB.test(name)) return false;
    return !adaptersOf(service).includes(path.slice(`${service}/src/`.length));
  };
}

/** The rules files of the repository at `root`, as paths in it. */
export function rulesFiles(root: string): string[] {
  const read = (path: string) => {
    const file = join(root, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  return globSync('services/*/src/**/*.ts', { cwd: root }).filter(rulesFilter(read));
}
