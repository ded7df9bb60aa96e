import { told } from '../effects.ts';
import type { Line } from '../verdict.ts';

export const line: Line = {
  column: 'lost',
  place: 3,
  sentence: 'every acknowledged effect exists',
  judge: ({ load, found }) => {
    const lost = found.filter(({ write, effects }) => write.state === 'acknowledged' && !effects);
    return { figure: load === undefined ? '–' : String(lost.length), wrong: lost.map(told) };
  },
};
