/** From the command to all healthy, with what was installed before and an empty folder. */
import type { Row } from '../bench.ts';

export const row: Row = {
  name: 'start',
  about: 'how long scripts/start takes on an empty folder',
  run: async ({ platform, found }) => {
    found({
      ...{ id: 'start', what: '`scripts/start` on an empty folder, to all healthy' },
      ...{ figure: platform.started_in_ms / 1_000, unit: 's' },
      goal: { of: 'figure', at_most: 15 },
    });
  },
};
