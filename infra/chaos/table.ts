import type { Result } from './run.ts';

const SHOWN = 5;
const LONGEST = 400;

/** Markdown, with columns of one width so that it is read as it is printed. */
export function tableOf(results: Result[], columns: string[]): string {
  const head = ['scenario', 'seed', ...columns, 'verdict'];
  const rows = results.map(({ scenario, seed, cells, wrong }) => [
    ...[scenario, String(seed)],
    ...columns.map((column) => cells[column] ?? '–'),
    wrong.length === 0 ? 'good' : 'RED',
  ]);
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const short = (row: unknown) => {
  const text = typeof row === 'string' ? row : JSON.stringify(row);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};

/** What is wrong and what was measured in one scenario, a line each. */
export function detailsOf({ wrong, figures }: Result): string {
  const measured = figures.map(({ what, value, goal }) =>
    goal === undefined ? `  ${what}: ${value}` : `  ${what}: ${value} (goal ${goal})`,
  );
  const faults = wrong.flatMap(({ sentence, rows }) => [
    `  not so: ${sentence} (${rows.length})`,
    ...rows.slice(0, SHOWN).map((row) => `    ${short(row)}`),
  ]);
  return [...measured, ...faults].map((line) => `${line}\n`).join('');
}
