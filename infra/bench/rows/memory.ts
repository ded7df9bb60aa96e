/** What all processes hold once everything before has been done with them. */
import type { Row } from '../bench.ts';
import { memory } from '../processes.ts';

const WHOLE_MB = 1_700;
const SERVICE_MB = 120;
/** Neither is one of the thirteen services. */
const OTHERS = ['postgres', 'launcher'];

export const row: Row = {
  name: 'memory',
  about: 'memory of each process after the load',
  run: async ({ platform, found, plot }) => {
    const sizes = [...memory(platform.watched)].toSorted(([, one], [, other]) => other - one);
    const all = sizes.reduce((sum, [, size]) => sum + size, 0);
    const services = sizes.filter(([name]) => !OTHERS.includes(name));
    const [largest = ['none', 0] as const] = services;
    found(
      {
        ...{ id: 'memory', what: 'memory after load, all processes', figure: all, unit: 'MB' },
        note: 'the goal is for thirteen services',
        goal: { of: 'figure', at_most: WHOLE_MB },
      },
      {
        ...{ id: 'memory-service', what: `the largest service, ${largest[0]}` },
        ...{ figure: largest[1], unit: 'MB', goal: { of: 'figure', at_most: SERVICE_MB } },
      },
    );
    plot({
      ...{ title: 'Memory after load', axis: 'MB', kind: 'bar' },
      points: sizes.map(([name]) => name),
      lines: [{ name: 'memory', values: sizes.map(([, size]) => Math.round(size)) }],
    });
  },
};
