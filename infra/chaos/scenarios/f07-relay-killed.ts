import { crashNeeds, crashOften } from '../crashes.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  id: 'F7',
  sentence: "relays are killed between the transport's confirmation and their mark, 50 times",
  needs: crashNeeds('confirm'),
  run: (stage) => crashOften(stage, 'confirm'),
};
