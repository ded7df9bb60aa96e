import type { Scenario } from '../scenario.ts';
import { survivors } from '../survivors.ts';

export const scenario: Scenario = {
  id: 'F3',
  sentence: 'PostgreSQL is restarted (fast), three times in a minute',
  expects: { recovery: { goal_ms: 4_000, limit_ms: 30_000 } },
  run: async (stage) => {
    const { platform, load, fault, pause, rounds, check, figure } = stage;
    const stayed = survivors(stage);
    for (let turn = 0; turn < rounds(3); turn += 1) {
      await fault('restart PostgreSQL', {}, () => platform.postgres.restart());
      await pause(7_000);
    }
    stayed();
    const statuses = Map.groupBy(load.outcomes, ({ status }) => status);
    const internal = statuses.get(500) ?? [];
    figure('answers 503 meanwhile', String(statuses.get(503)?.length ?? 0));
    check(
      'a lost connection is told as 503, never as 500',
      internal.length === 0,
      JSON.stringify(internal[0]),
    );
  },
};
