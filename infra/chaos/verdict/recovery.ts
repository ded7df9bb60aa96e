import { recoveries } from '../failures.ts';
import type { Line } from '../verdict.ts';

const show = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** From a fault's beginning to the last request that failed of it; the worst of all faults. */
export const line: Line = {
  column: 'recovery',
  place: 10,
  sentence: 'requests succeed again soon after a fault',
  judge: ({ load, faults, scenario }) => {
    if (load === undefined || faults.length === 0) return { figure: '–', wrong: [] };
    const all = recoveries(load.outcomes, faults);
    const worst = Math.max(...all.map(({ recovery_ms }) => recovery_ms));
    const { recovery } = scenario.expects ?? {};
    const goal = recovery === undefined ? '' : ` (goal ${show(recovery.goal_ms)})`;
    const limit_ms = recovery?.limit_ms ?? Number.POSITIVE_INFINITY;
    // A machine that others crowd takes its time; that is shown, and not judged.
    const calm = load.outcomes.filter(({ crowded }) => !crowded);
    const wrong = recoveries(calm, faults).filter(({ recovery_ms }) => recovery_ms > limit_ms);
    return { figure: `${show(worst)}${goal}`, wrong };
  },
};
