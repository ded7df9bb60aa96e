import type { Scenario } from '../scenario.ts';
import { concernedBy, shuffled } from '../victims.ts';

/** Between two kills; the victim has then been up again for a while. */
const BETWEEN_MS = 1_500;

/**
 * Whoever dies takes along what it was answering, and nothing else: with two instances of each
 * service the others' routes know nothing of it. The gateway is one process: without it nobody is
 * answered, and Stripe's stand-in is the provider's affair.
 */
export const scenario: Scenario = {
  id: 'F1',
  sentence: 'each process in turn is killed, and started again by the launcher',
  expects: { recovery: { goal_ms: 2_000, limit_ms: 20_000 } },
  run: async ({ platform, random, rounds, fault, pause, check }) => {
    const victims = shuffled(platform.processes, random).slice(
      0,
      rounds(platform.processes.length),
    );
    for (const name of victims) {
      await pause(random.below(BETWEEN_MS));
      await fault(`kill ${name}`, { excuses: concernedBy(name) }, async () => {
        const before = platform.pid(name);
        check(`${name} was there to be killed`, platform.signal(name));
        await platform.ready(name, before);
      });
    }
  },
};
