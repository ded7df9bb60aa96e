import type { Scenario } from '../scenario.ts';
import { runSuite } from '../suite.ts';

export const scenario: Scenario = {
  id: 'C1',
  sentence: 'Fifty clients accept at once what one coach can drive, and what three can.',
  per_second: 20,
  run: (stage) =>
    runSuite(stage, 'races.ts', { environment: { ROUNDS: String(stage.rounds(20)) } }),
};
