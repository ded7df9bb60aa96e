import type { Outcome } from '../load.ts';
import type { Scenario } from '../scenario.ts';

/** Between two kills; the victim has then been up again for a while. */
const BETWEEN_MS = 1_500;

const concerns = (service: string) => (outcome: Outcome) => outcome.services.includes(service);

/**
 * Whoever dies takes along what it was answering, and nothing else: with two instances of each
 * service the others' routes know nothing of it. The gateway is one process: without it nobody is
 * answered, and Stripe's stand-in is the provider's affair.
 */
export const scenario: Scenario = {
  id: 'F1',
  sentence: 'each process in turn is killed (SIGKILL), and started again by the launcher',
  expects: { recovery: { goal_ms: 2_000, limit_ms: 20_000 } },
  run: async ({ platform, random, rounds, fault, pause, check }) => {
    for (let turn = 0; turn < rounds(1); turn += 1) {
      for (const name of platform.processes) {
        await pause(random.below(BETWEEN_MS));
        const service = name.replace(/-\d+$/, '');
        const excuses = service === 'gateway' ? () => true : concerns(service);
        await fault(`kill ${name}`, { excuses }, async () => {
          const before = platform.pid(name);
          check(`${name} was there to be killed`, platform.signal(name));
          await platform.ready(name, before);
        });
      }
    }
  },
};
