import type { Line } from '../verdict.ts';

export const line: Line = {
  column: 'acknowledged',
  place: 1,
  sentence: 'the load wrote something, and was told so',
  judge: ({ load }) => {
    if (load === undefined) return { figure: '–', wrong: [] };
    const count = load.writes.filter(({ state }) => state === 'acknowledged').length;
    return { figure: String(count), wrong: count === 0 ? ['nothing was acknowledged'] : [] };
  },
};
