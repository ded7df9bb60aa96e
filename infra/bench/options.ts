import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `scripts/bench [--quick] [--only ROW…] [--json FILE] [--compare FILE]
  [--data DIR] [--document]
  --quick      one short run of each: for whether it works, not for figures
  --only ROW…  these rows alone
  --json FILE  where the results go as JSON (DIR/bench.json by default)
  --compare FILE
               fails where a ratio is more than 15 % worse than in those results
  --data DIR   where the results are kept (.roundhouse)
  --document   writes the table and the plots into docs/performance.md; without --quick and --only
               that is what it does anyway
The rows:`;

export interface Options {
  quick: boolean;
  /** Names of rows; all of them where there are none. */
  only: string[];
  json: string;
  compare: string | undefined;
  /** Whether the figures go into the document. */
  document: boolean;
}

/** `defaults` is the folder for what is kept; unknown rows are refused by their name. */
export function readOptions(args: string[], rows: readonly string[], folder: string): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'boolean', default: false },
      json: { type: 'string' },
      compare: { type: 'string' },
      data: { type: 'string', default: folder },
      document: { type: 'boolean', default: false },
    },
  });
  const only = positionals.flatMap((names) => names.split(','));
  if (values.only !== only.length > 0)
    throw new Error('--only needs the names of rows, and they it.');
  const unknown = only.filter((name) => !rows.includes(name));
  if (unknown.length > 0) throw new Error(`No row is called ${unknown.join(', ')}.`);
  return {
    quick: values.quick,
    only,
    json: values.json ?? join(values.data, 'bench.json'),
    compare: values.compare,
    document: values.document || (!values.quick && only.length === 0),
  };
}
