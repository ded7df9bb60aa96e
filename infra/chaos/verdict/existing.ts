import type { Line } from '../verdict.ts';

/** Fewer than those that were acknowledged where something was lost; that is a line of its own. */
export const line: Line = {
  column: 'existing',
  place: 2,
  sentence: 'how many of the acknowledged writes are there',
  judge: ({ load, found }) => {
    const there = found.filter(({ write, effects }) => write.state === 'acknowledged' && effects);
    return { figure: load === undefined ? '–' : String(there.length), wrong: [] };
  },
};
