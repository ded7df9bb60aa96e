import { crashNeeds, crashOften } from '../crashes.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  id: 'F6',
  sentence:
    'consumers are killed between the commit of an effect and its acknowledgement, 50 times',
  needs: crashNeeds('effect'),
  run: (stage) => crashOften(stage, 'effect'),
};
