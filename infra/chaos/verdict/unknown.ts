import type { Line } from '../verdict.ts';

/** How many outcomes nobody knew at first, and that each was told under its key in the end. */
export const line: Line = {
  column: 'unknown',
  place: 5,
  sentence: 'outcomes that were unknown converge under the same key',
  judge: ({ load }) => {
    if (load === undefined) return { figure: '–', wrong: [] };
    const retried = load.writes.filter(({ kind }) => kind.write?.retried);
    const unknown = retried.filter(({ times }) => times > 1).length;
    const open = retried.filter(({ state }) => state === 'unknown');
    const wrong = open.map(({ kind, key, subject, times }) => ({
      kind: kind.name,
      ...{ key, subject, times },
    }));
    return { figure: open.length ? `${unknown}, open ${open.length}` : String(unknown), wrong };
  },
};
