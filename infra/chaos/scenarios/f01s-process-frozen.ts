import type { Scenario } from '../scenario.ts';
import { concernedBy, shuffled } from '../victims.ts';

const BETWEEN_MS = 1_500;
/** Longer than a lease: another one takes the work over, and then there are two who believe. */
const FROZEN_MS = 7_000;

/**
 * A frozen process keeps its connections, its locks and its work: worse than a dead one. What it
 * was asked is answered when it thaws, or given up by the gateway.
 */
export const scenario: Scenario = {
  id: 'F1S',
  sentence: 'each process in turn is frozen for longer than a lease, and thaws',
  expects: { recovery: { goal_ms: FROZEN_MS + 2_000, limit_ms: FROZEN_MS + 20_000 } },
  run: async ({ platform, random, rounds, fault, pause, check }) => {
    const victims = shuffled(platform.processes, random).slice(
      0,
      rounds(platform.processes.length),
    );
    for (const name of victims) {
      await pause(random.below(BETWEEN_MS));
      await fault(`freeze ${name}`, { excuses: concernedBy(name) }, async () => {
        check(`${name} was there to be frozen`, platform.signal(name, 'SIGSTOP'));
        await pause(FROZEN_MS);
        platform.signal(name, 'SIGCONT');
        await platform.ready(name);
      });
    }
  },
};
