/** The house's own rules, over all files that git knows or would add: `node scripts/tidy.ts`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rulesFilter, type SourceFile } from './rules-files.ts';
import { importFaults } from './tidy-imports.ts';
import { logFaults } from './tidy-logs.ts';
import { textFaults } from './tidy-texts.ts';

const COLUMNS = 100;

/** Lines at most, by the first pattern that fits. */
const LENGTHS: [RegExp, number][] = [
  [/^README\.md$/, 100],
  [/^(services|shared)\/[^/]+\/README\.md$/, 60],
  [/(\.test\.ts|\/test\/.*\.ts)$/, 400],
  [/\.(ts|js)$/, 300],
  [/(\.sh|^scripts\/[^./]+|^\.ci\/run)$/, 300],
];
const CODE = /(\.(ts|js|sh)|^scripts\/[^./]+|^\.ci\/run)$/;

function sizeFaults({ path, text }: SourceFile): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const limit = LENGTHS.find(([pattern]) => pattern.test(path))?.[1];
  const wide = CODE.test(path)
    ? lines.flatMap((line, index) =>
        line.length > COLUMNS ? [`${path}:${index + 1}: wider than ${COLUMNS} columns`] : [],
      )
    : [];
  if (limit === undefined || lines.length <= limit) return wide;
  return [...wide, `${path}: longer than ${limit} lines (${lines.length})`];
}

function titleFaults({ path, text }: SourceFile): string[] {
  if (!path.endsWith('.md')) return [];
  const prose = text.replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '');
  const titles = prose.match(/^# .+/gm)?.length ?? 0;
  return titles === 1 ? [] : [`${path}: has ${titles} titles, one is due`];
}

/** Each service and each part of `shared/` says what it is for. */
function readmeFaults(files: SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return [...paths]
    .filter((path) => /^(services|shared)\/[^/]+\/package\.json$/.test(path))
    .map((path) => `${dirname(path)}/README.md`)
    .filter((readme) => !paths.has(readme))
    .map((readme) => `${readme}: is not there`);
}

/** What is wrong, each as `path: rule` or `path:line: rule`. */
export function tidyFaults(files: SourceFile[]): string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const isRules = rulesFilter((path) => texts.get(path));
  const ofFiles = files.flatMap((file) => [
    ...sizeFaults(file),
    ...titleFaults(file),
    ...textFaults(file, isRules(file.path)),
    ...importFaults(file, isRules),
    ...logFaults(file),
  ]);
  return [...ofFiles, ...readmeFaults(files)];
}

/** Tracked and new files, without what git ignores and what is no text. */
function repositoryFiles(root: string): SourceFile[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  return execFileSync('git', list, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter((path) => path !== '' && path !== 'package-lock.json' && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

if (import.meta.main) {
  const files = repositoryFiles(dirname(import.meta.dirname));
  const faults = tidyFaults(files);
  if (files.length === 0) faults.push('git lists no file at all');
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.exitCode = Math.min(faults.length, 1);
}
