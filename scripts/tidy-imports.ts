import type { SourceFile } from './rules-files.ts';

const SCHEMAS = new Set([
  'zod',
  '@roundhouse/service/contract',
  '@roundhouse/service/phone',
  '@roundhouse/events/schema',
  '@roundhouse/money/schema',
]);
/** Contracts and events, our own and other services', and the words of our own states. */
const DECLARATION =
  /^((\.{1,2}\/(.+\/)?|@roundhouse\/[a-z]+\/)(contract|events)|\.{1,2}\/(.+\/)?states)(\.ts)?$/;
const PURE = new Set(['@roundhouse/money', '@roundhouse/errors']);

const IMPORT =
  /^(?:import|export)\s+([^'";]*?)\s*from\s*'([^']+)'|\bimport\(\s*'([^']+)'|^import\s+'([^']+)'/gm;

/** Erased before anything runs: `import type …`, or nothing but types between the braces. */
function isOfTypes(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names = /^\{([^}]*)\}$/.exec(clause)?.[1]?.split(',') ?? [''];
  const written = names.map((name) => name.trim()).filter((name) => name !== '');
  return written.length > 0 && written.every((name) => name.startsWith('type '));
}

/** What is loaded when the file runs. */
function runningImports(text: string): { name: string; line: number }[] {
  return [...text.matchAll(IMPORT)]
    .filter(([, clause]) => clause === undefined || !isOfTypes(clause))
    .map(({ 2: from, 3: dynamic, 4: bare, index }) => ({
      name: from ?? dynamic ?? bare ?? '',
      line: text.slice(0, index).split('\n').length,
    }));
}

/** The path that a relative import names. */
const target = (path: string, name: string): string =>
  new URL(name, `file:///${path}`).pathname.slice(1);

/** Rules import rules, and contracts import contracts: nothing that does something. */
export function importFaults(
  { path, text }: SourceFile,
  isRules: (path: string) => boolean,
): string[] {
  const say = (rule: string, allowed: (name: string) => boolean) =>
    runningImports(text)
      .filter(({ name }) => !allowed(name))
      .map(({ name, line }) => `${path}:${line}: ${rule}, not ${name}`);
  if (/^services\/[^/]+\/src\/(.+\/)?(contract|events)\.ts$/.test(path)) {
    return say('imports shapes alone', (name) => SCHEMAS.has(name) || DECLARATION.test(name));
  }
  if (!isRules(path)) return [];
  return say('rules import rules alone', (name) =>
    name.startsWith('.') ? isRules(target(path, name)) : PURE.has(name),
  );
}
