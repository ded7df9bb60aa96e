import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const repository = dirname(import.meta.dirname);
const text = readFileSync(join(repository, 'docs/security.md'), 'utf8');
/** What stands in backticks and looks like a file of the repository. */
const paths = [...text.matchAll(/`([\w.-]+\/[\w./-]+\.\w+)`/g)].map(([, path = '']) => path);

test('what docs/security.md names as shown is there', () => {
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
});

test('each requirement that is met has something that shows it', () => {
  const met = text.slice(text.indexOf('## OWASP API'), text.indexOf('## ASVS 5.0: not met'));
  const rows = met.split('\n').filter((line) => /^\| (API)?\d/.test(line));
  const unshown = rows.filter(
    (row) => !/`[^`]+\.(test\.ts|sh|ts)`/.test(row.split('|').at(-2) ?? ''),
  );
  expect(rows.length).toBeGreaterThan(40);
  expect(unshown.map((row) => row.split('|')[1]?.trim())).toEqual(['API7 request forgery']);
});

test('no requirement is told to be met and not met', () => {
  const [, met = '', unmet = ''] = text.split(/^## ASVS 5\.0: (?:met|not met).*$/m);
  const numbers = (part: string) =>
    part
      .split('\n')
      .filter((line) => /^\| \d/.test(line))
      .flatMap((line) => expand(line.split('|')[1] ?? ''));
  expect(numbers(met)).toContain('6.2.3');
  expect(numbers(met).filter((number) => numbers(unmet).includes(number))).toEqual([]);
});

/** `6.2.1 to 6.2.3, 6.4.1 links` as its numbers. */
function expand(cell: string): string[] {
  return [...cell.matchAll(/(\d+\.\d+\.\d+)(?: to (\d+\.\d+\.(\d+)))?/g)].flatMap(
    ([, first = '', last, end = '']) => {
      if (last === undefined) return [first];
      const at = first.lastIndexOf('.') + 1;
      const [from, to] = [Number(first.slice(at)), Number(end)];
      return Array.from(
        { length: to - from + 1 },
        (_, index) => first.slice(0, at) + (from + index),
      );
    },
  );
}
