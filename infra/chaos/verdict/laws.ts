import { laws } from '../../../scripts/verify-queries.ts';
import type { Line } from '../verdict.ts';

/** Their count may be what a scenario is about; it is a line of its own. */
const DEAD_LETTERS = 'no event is a dead letter';

/** Ledger, invoices, charters, vehicles that are nowhere twice: the laws of `scripts/verify`. */
export const line: Line = {
  column: 'ledger',
  place: 6,
  sentence: 'the ledger sums to zero, nothing overlaps, and every other law holds',
  judge: async ({ platform }) => {
    const wrong: unknown[] = [];
    const judged = laws.filter(({ name }) => name !== DEAD_LETTERS);
    for (const { name, sql } of judged) {
      const rows = await platform.rows(sql);
      if (rows.length > 0) wrong.push({ law: name, rows: rows.length, such_as: rows[0] });
    }
    const broken = `${wrong.length} of ${judged.length} laws broken`;
    return { figure: wrong.length === 0 ? `${judged.length} laws` : broken, wrong };
  },
};
