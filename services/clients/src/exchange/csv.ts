import { malformed } from '@roundhouse/errors';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { type Cells, guarded, unguarded } from './columns.ts';

export interface Row {
  /** Of the text, from 1; a row of several lines has its last one. */
  line: number;
  cells: Cells;
}

export interface Table {
  head: string[];
  rows: Row[];
}

/** What people's programs write between cells. */
const DELIMITERS = [',', ';', '\t'];

/** The one that the head has most of. */
function delimiterOf(text: string): string {
  const [head = ''] = text.split(/\r?\n/, 1);
  const count = (delimiter: string) => head.split(delimiter).length;
  return DELIMITERS.toSorted((one, other) => count(other) - count(one))[0] as string;
}

/** A table as programs write them (RFC 4180), with a head; refuses what is none. */
export function readTable(text: string): Table {
  try {
    const records: { record: string[]; info: { lines: number } }[] = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      skip_empty_lines: true,
    }) as never;
    const [first, ...others] = records;
    const head = (first?.record ?? []).map((name) => name.trim().toLowerCase());
    const rows = others
      .filter(({ record }) => record.some((cell) => cell.trim() !== ''))
      .map(({ record, info }) => ({ line: info.lines, cells: cellsOf(head, record) }));
    return { head, rows };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw malformed('csv_malformed', `The table is not well-formed: ${error.message}`);
  }
}

/** What is empty is not there. */
function cellsOf(head: string[], record: string[]): Cells {
  const filled = record.map((cell, at): [string, string] => [head[at] ?? '', cell.trim()]);
  return Object.fromEntries(
    filled.filter(([, cell]) => cell !== '').map(([name, cell]) => [name, unguarded(cell)]),
  );
}

/** Lines of a table, as RFC 4180 ends them. */
export const writeLines = (rows: readonly (readonly string[])[]): string =>
  stringify(
    rows.map((row) => row.map(guarded)),
    { record_delimiter: 'windows' },
  );
