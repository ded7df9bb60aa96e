import type { Scenario } from '../scenario.ts';
import { schedule } from '../troubles.ts';

/** Longer than a request may hang that met the fault at its end. */
const AFTER_MS = 15_000;

/** Nobody waits for a recovery before the next fault: they meet. */
export const scenario: Scenario = {
  id: 'F18',
  sentence: 'one fault after the other, of all kinds, as the seed decides',
  needs: { proxies: ['postgres', 'transport', 'stripe'] },
  expects: { recovery: { goal_ms: 30_000, limit_ms: 90_000 } },
  run: async ({ platform, random, seconds, fault, pause, figure, load }) => {
    const troubles = schedule(random, platform, seconds);
    for (const { what, pause_ms, lasts_ms, begin, end } of troubles) {
      await pause(pause_ms);
      await fault(what, { after_ms: AFTER_MS }, async () => {
        await begin(platform);
        await pause(lasts_ms);
        await end?.(platform);
      });
    }
    const last_ms = load.now_ms();
    await platform.postgres.ready();
    await Promise.all(platform.processes.map((name) => platform.ready(name)));
    const seconds_after = ((load.now_ms() - last_ms) / 1_000).toFixed(1);
    figure('faults', `${troubles.length}: ${troubles.map(({ what }) => what).join('; ')}`);
    figure('all ready after the last', `${seconds_after} s`, '30 s');
  },
};
