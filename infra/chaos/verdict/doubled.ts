import { type Found, told } from '../effects.ts';
import type { Line } from '../verdict.ts';

/** What was refused and is there all the same was done behind the back of whoever asked. */
function behindTheBack(found: Found[]): Found[] {
  const mark = ({ write }: Found) => `${write.kind.name} ${write.subject}`;
  const asked = found.filter(({ write }) => write.state !== 'refused').map(mark);
  const others = new Set(asked);
  return found.filter(
    (one) => one.write.state === 'refused' && one.effects && !others.has(mark(one)),
  );
}

export const line: Line = {
  column: 'doubled',
  place: 4,
  sentence: 'no effect exists twice, and none that was refused',
  judge: ({ load, found }) => {
    const wrong = [...found.filter(({ effects }) => effects > 1), ...behindTheBack(found)];
    return { figure: load === undefined ? '–' : String(wrong.length), wrong: wrong.map(told) };
  },
};
