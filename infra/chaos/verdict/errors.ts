import { unexcused } from '../failures.ts';
import type { Line } from '../verdict.ts';

/** Beside it how many failed inside of the windows, so that a fault that did nothing is seen. */
export const line: Line = {
  column: 'errors outside',
  place: 11,
  sentence: 'no request fails but while a fault excuses it',
  judge: ({ load, faults }) => {
    if (load === undefined) return { figure: '–', wrong: [] };
    const { failed, wrong } = unexcused(load.outcomes, faults, load.refusals);
    const inside = failed.length - wrong.length;
    return { figure: `${wrong.length} (${inside} inside, of ${load.outcomes.length})`, wrong };
  },
};
