import type { Scenario } from '../scenario.ts';
import { runSuite } from '../suite.ts';

export const scenario: Scenario = {
  id: 'C14',
  sentence: 'Fifty wrong passwords for one account at once, each from an address of its own.',
  per_second: 20,
  run: (stage) =>
    runSuite(stage, 'log-ins.ts', { environment: { LOCK_OUTS: String(stage.rounds(20)) } }),
};
