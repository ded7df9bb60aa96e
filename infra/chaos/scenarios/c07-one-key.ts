import type { Scenario } from '../scenario.ts';
import { runSuite } from '../suite.ts';

/** Each route is a round of its own: there are more than twenty. */
export const scenario: Scenario = {
  id: 'C7',
  sentence: 'Fifty requests with one key at once, at each route that takes one; then another body.',
  per_second: 20,
  run: (stage) => runSuite(stage, 'keys.ts'),
};
