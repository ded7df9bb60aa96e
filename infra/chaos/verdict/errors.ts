import { unexcused } from '../failures.ts';
import type { Line } from '../verdict.ts';

/** Beside it how many failed inside of the windows, so that a fault that did nothing is seen. */
export const line: Line = {
  column: 'errors outside',
  place: 11,
  sentence: 'no request fails but while a fault excuses it',
  judge: ({ load, faults }) => {
    if (load === undefined) return { figure: '–', wrong: [] };
    const { failed, crowded, wrong } = unexcused(load.outcomes, faults, load.refusals);
    const inside = failed.length - wrong.length - crowded.length;
    const crowd = crowded.length > 0 ? `, ${crowded.length} on a crowded machine` : '';
    const figure = `${wrong.length} (${inside} inside${crowd}, of ${load.outcomes.length})`;
    return { figure, wrong };
  },
};
