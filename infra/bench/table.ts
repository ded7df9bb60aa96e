/** The findings as a table of Markdown. */
import { type Finding, isMet, ratioOf, type Skipped, type Unit } from './finding.ts';
import { QUIET_CORES } from './quiet.ts';

/** Three figures that count, so that 0.03 ms and 1,248/s both say something. */
const number = (value: number): string =>
  value.toLocaleString('en', {
    ...(Math.abs(value) < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 }),
  });

export function show(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return 'none';
  if (unit === '/s') return `${number(value)}/s`;
  return unit === 'times' ? number(value) : `${number(value)} ${unit}`;
}

function goalOf({ goal, unit }: Finding): string {
  if (goal === undefined) return '';
  const bound = (value: number) => (goal.of === 'ratio' ? number(value) : show(value, unit));
  const least = goal.at_least === undefined ? [] : [`≥ ${bound(goal.at_least)}`];
  const most = goal.at_most === undefined ? [] : [`≤ ${bound(goal.at_most)}`];
  return [...least, ...most].join(', ');
}

function verdictOf(finding: Finding): string {
  const met = isMet(finding);
  if (met === undefined) return '';
  return met ? 'met' : '**missed**';
}

/** What stands in a cell must not end it. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function rowOf(finding: Finding): string[] {
  const { what, figure, unit, reference, note, foreign_cores = 0 } = finding;
  const ratio = ratioOf(finding);
  const noise = foreign_cores >= QUIET_CORES ? `others used ${number(foreign_cores)} cores` : '';
  const beside = [note ?? '', noise].filter((text) => text !== '').join('; ');
  return [
    beside === '' ? what : `${what} (${beside})`,
    show(figure, unit),
    reference === undefined ? '' : `${show(reference.figure, unit)}, ${reference.what}`,
    ratio === undefined ? '' : ratio.toFixed(2),
    goalOf(finding),
    verdictOf(finding),
  ];
}

export function tableOf(findings: readonly Finding[], skipped: readonly Skipped[] = []): string {
  const rows = [
    ...findings.map(rowOf),
    ...skipped.map(({ what, why }) => [what, 'not run', why, '', '', '']),
  ];
  return [
    '| what | ours | reference | ratio | goal | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`),
  ].join('\n');
}
