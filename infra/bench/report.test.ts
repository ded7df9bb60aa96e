import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { regressions } from './compare.ts';
import { withText, writeInto } from './document.ts';
import { type Finding, isMet, ratioOf } from './finding.ts';
import { plotOf } from './plots.ts';
import { compareWith, type Report, readFindings, summaryOf, textOf, writeJson } from './report.ts';
import { show, tableOf } from './table.ts';

/** A rate that is to be at least half of what the machine can do. */
const aRate = (changes: Partial<Finding> = {}): Finding => ({
  ...{ id: 'accept', what: 'accept a quote', figure: 600, unit: '/s' },
  reference: { what: 'bare', figure: 1_000 },
  goal: { of: 'ratio', at_least: 0.5 },
  ...changes,
});

const aTime = (changes: Partial<Finding> = {}): Finding => ({
  ...{ id: 'p95', what: 'p95', figure: 20, unit: 'ms', goal: { of: 'figure', at_most: 25 } },
  ...changes,
});

const aReport = (changes: Partial<Report> = {}): Report => ({
  ...{ at: '2026-11-21T09:30:00Z', took_seconds: 600, quick: false, rows: ['rates'] },
  ...{ environment: { Node: 'v26' }, foreign_cores: 0, findings: [aRate()], skipped: [] },
  ...{ plots: [], diagnostics: [], ...changes },
});

const file = () => join(mkdtempSync(join(tmpdir(), 'bench-report-')), 'results/bench.json');

test('a goal is met at its bound, and missed beyond it', () => {
  expect(isMet(aRate({ figure: 500 }))).toBe(true);
  expect(isMet(aRate({ figure: 499 }))).toBe(false);
  expect(isMet(aTime({ figure: 25 }))).toBe(true);
  expect(isMet(aTime({ figure: 25.1 }))).toBe(false);
});

test('what cannot be said is no goal met', () => {
  expect(isMet(aRate({ reference: { what: 'bare', figure: 0 } }))).toBe(false);
  expect(isMet(aTime({ figure: Number.NaN }))).toBe(false);
  const { goal: _, ...diagnostic } = aTime();
  expect(isMet(diagnostic)).toBeUndefined();
});

test('a row says figure, reference, ratio, goal and verdict, and who disturbed it', () => {
  const disturbed = aRate({ what: 'accept', figure: 300, foreign_cores: 0.5 });
  const [, , row] = tableOf([disturbed]).split('\n');
  expect(row).toBe(
    '| accept (others used 0.5 cores) | 300/s | 1,000/s, bare | 0.30 | ≥ 0.5 | **missed** |',
  );
});

test('what was not run stands in the table with its reason, which cannot break it', () => {
  const skipped = { id: 'rabbitmq', what: 'RabbitMQ', why: 'no a|b\nhere' };
  expect(tableOf([], [skipped])).toContain('| RabbitMQ | not run | no a\\|b here |  |  |  |');
});

test('figures have three places that count, and their unit', () => {
  expect(show(0.0312, 'ms')).toBe('0.0312 ms');
  expect(show(1_248.4, '/s')).toBe('1,248/s');
  expect(show(Number.POSITIVE_INFINITY, 's')).toBe('none');
});

test('a plot has an axis that begins at zero and holds all of its lines', () => {
  const lines = [
    { name: 'p50', values: [1, 2] },
    { name: 'p99', values: [5, 10] },
  ];
  const plot = plotOf({
    ...{ title: 'By "load"', axis: 'ms', points: ['half', 'all'], kind: 'line', lines },
  });
  expect(plot?.split('\n')).toEqual([
    '```mermaid',
    'xychart-beta',
    `  title "By 'load'"`,
    '  x-axis ["half", "all"]',
    '  y-axis "ms" 0 --> 11',
    '  line [1, 2]',
    '  line [5, 10]',
    '```',
    '',
    'From the first line to the last: p50, p99.',
  ]);
});

test('a line that lacks a figure is not drawn, and a plot without lines neither', () => {
  const short = { name: 'short', values: [1] };
  const of = { title: 't', axis: 'ms', points: ['a', 'b'], kind: 'line' as const };
  expect(plotOf({ ...of, lines: [short] })).toBeUndefined();
  expect(plotOf({ ...of, lines: [short, { name: 'whole', values: [1, 2] }] })).not.toContain(
    'short',
  );
});

test('the text takes the place of the last one, and of nothing else', () => {
  const document = '# Title\n<!-- begin: written by scripts/bench -->\nold\n<!-- end -->\nRest\n';
  const once = withText(document, 'new');
  expect(once).toBe(
    '# Title\n<!-- begin: written by scripts/bench -->\n\nnew\n\n<!-- end -->\nRest\n',
  );
  expect(withText(once, 'new')).toBe(once);
  expect(() => withText('# Title\n', 'new')).toThrow('no place');
  const path = join(mkdtempSync(join(tmpdir(), 'bench-document-')), 'performance.md');
  writeFileSync(path, document);
  writeInto(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe(once);
});

test('a ratio that fell by more than 15 % is a regression, and one that rose is not', () => {
  const before = [aRate({ figure: 600 })];
  expect(regressions(before, [aRate({ figure: 515 })])).toEqual([]);
  const [worse] = regressions(before, [aRate({ figure: 500 })]);
  expect(worse).toMatchObject({ id: 'accept', before: 0.6, after: 0.5 });
  expect(regressions(before, [aRate({ figure: 900 })])).toEqual([]);
});

test('of a time less is better: its ratio may not rise', () => {
  const cost = (figure: number) =>
    aTime({ figure, reference: { what: 'bare', figure: 10 }, goal: { of: 'ratio', at_most: 3 } });
  expect(regressions([cost(20)], [cost(24)])).toHaveLength(1);
  expect(regressions([cost(20)], [cost(10)])).toEqual([]);
});

test('absolute figures and rows that are new fail no comparison', () => {
  expect(regressions([aTime({ figure: 1 })], [aTime({ figure: 100 })])).toEqual([]);
  expect(regressions([], [aRate({ figure: 1 })])).toEqual([]);
});

test('what was written as JSON is compared with the next run', () => {
  const path = file();
  writeJson(path, aReport());
  expect(readFindings(path).map(ratioOf)).toEqual([0.6]);
  const lines: string[] = [];
  const slower = aReport({ findings: [aRate({ figure: 300 })] });
  expect(compareWith(path, slower, (line) => lines.push(line))).toBe(1);
  expect(lines).toEqual(['accept: 0.60 became 0.30, 50 % worse']);
  expect(compareWith(path, aReport(), () => undefined)).toBe(0);
});

test('a file of something else is refused', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bench-other-')), 'other.json');
  writeFileSync(path, '{}');
  expect(() => readFindings(path)).toThrow('no findings');
});

test('the report names what is missed, and a machine that was not quiet', () => {
  const missed = aRate({ figure: 100 });
  expect(summaryOf([missed, aTime()])).toBe('1 of 2 goals are met; missed: accept a quote.');
  expect(summaryOf([aTime()])).toBe('1 of 1 goals are met.');
  expect(textOf(aReport({ foreign_cores: 1.5 }))).toContain('not quiet: others used at most 1.50');
  expect(textOf(aReport())).toContain('on a quiet machine');
});
