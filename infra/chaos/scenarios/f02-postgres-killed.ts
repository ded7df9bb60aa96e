import type { Scenario } from '../scenario.ts';
import { survivors } from '../survivors.ts';

/** The launcher starts it again; nobody restarts a service for it. */
export const scenario: Scenario = {
  id: 'F2',
  sentence: 'PostgreSQL is killed with all of its processes, and comes back',
  expects: { recovery: { goal_ms: 4_000, limit_ms: 30_000 } },
  run: async (stage) => {
    const { platform, fault, pause, rounds } = stage;
    const stayed = survivors(stage);
    for (let turn = 0; turn < rounds(3); turn += 1) {
      await fault('kill PostgreSQL', {}, async () => {
        await platform.postgres.kill();
        await platform.postgres.ready();
      });
      await pause(7_000);
    }
    stayed();
  },
};
