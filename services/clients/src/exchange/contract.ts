import { CsvPieces, Id, type Route, YesOrNo } from '@roundhouse/service/contract';
import { z } from 'zod';
import { clientRoutes } from '../clients/contract.ts';
import { actions, MAX_ROWS, onDuplicate } from './states.ts';

/** `/12/email` is the column `email` of line 12. */
const RowError = z
  .object({ pointer: z.string(), code: z.string(), detail: z.string() })
  .meta({ id: 'RowError' });

const count = z.int().min(0);
const Import = z
  .object({
    dry_run: z.boolean(),
    rows: count,
    created: count,
    updated: count,
    /** As they were before, to the letter. */
    unchanged: count,
    /** Left alone, since they are here already. */
    skipped: count,
    /** Of a dry run; where there is one, nothing would be entered. The first hundred. */
    errors: z.array(RowError),
    error_count: count,
    /** What became of each line; without an id where a dry run would make the client. */
    clients: z
      .array(z.object({ line: z.int(), id: Id.nullable(), action: z.enum(actions) }))
      .max(MAX_ROWS),
  })
  .meta({ id: 'Import' });

/** What the refusal `import_invalid` tells besides the first hundred errors. */
const Faults = z.object({ error_count: count }).meta({ examples: [{ error_count: 1 }] });

const { limit: _, cursor: __, sort: ___, ...filters } = clientRoutes.listClients.query.shape;

export const exchangeRoutes = {
  importClients: {
    method: 'post',
    path: '/imports',
    summary: 'Enter and change clients from a table: all of its rows, or none',
    permission: 'imports:write',
    query: z.strictObject({
      /** `true` says what would become of each row, and changes nothing. */
      dry_run: YesOrNo.default('false'),
      /** What to do with a row whose e-mail or phone a client or its contact has already. */
      on_duplicate: z.enum(onDuplicate).default('error'),
    }),
    body: z.string(),
    body_type: 'csv',
    body_limit: 5_000_000,
    status: 200,
    response: Import,
    errors: {
      csv_malformed: 400,
      columns_unknown: 422,
      table_empty: 422,
      too_many_rows: 422,
      import_invalid: 422,
      external_id_taken: 409,
    },
    members: { import_invalid: Faults },
    // Who is here already takes eight; the most rows, with all that is theirs, 122.
    max_trips: 130,
  },
  exportClients: {
    method: 'get',
    path: '/export',
    summary: 'Give the clients as a table, with the primary contact and address of each',
    permission: 'exports:read',
    query: z.strictObject(filters),
    status: 200,
    response: CsvPieces,
    response_type: 'csv',
  },
} as const satisfies Record<string, Route>;
