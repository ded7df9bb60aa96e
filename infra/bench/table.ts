import { readFileSync, writeFileSync } from 'node:fs';

export interface Row {
  what: string;
  ours: string;
  reference: string;
  ratio: string;
  goal: string;
}

const BEGIN = '<!-- begin: written by scripts/bench -->';
const END = '<!-- end -->';

export function tableOf(rows: Row[]): string {
  const lines = rows.map((row) => `| ${Object.values(row).join(' | ')} |`);
  return [
    '| what | ours | reference | ratio | goal |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** Puts the text between the marks of the document in place of what stood there. */
export function writeInto(file: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table.`);
  const head = before.slice(0, begin + BEGIN.length);
  writeFileSync(file, `${head}\n\n${text}\n\n${before.slice(end)}`);
}
