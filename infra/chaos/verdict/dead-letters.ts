import type { Line } from '../verdict.ts';

export const line: Line = {
  column: 'dead letters',
  place: 12,
  sentence: 'no event is given up, but for those that a scenario makes undeliverable',
  judge: async ({ platform, scenario }) => {
    const dead = await platform.rows('SELECT queue, event, error FROM transport.dead_letters');
    const expected = scenario.expects?.dead_letters ?? 0;
    const wrong = dead.length === expected ? [] : [{ expected, dead: dead.length, first: dead[0] }];
    return { figure: String(dead.length), wrong };
  },
};
