import { unsentEvents } from '../../../scripts/verify-state.ts';
import type { Line } from '../verdict.ts';

const GOAL_MS = 30_000;

/** The time is that until nothing at all was under way; the goal is that of reliability.md. */
export const line: Line = {
  column: 'outbox',
  place: 8,
  sentence: 'every event is sent within 30 s',
  judge: async ({ platform, drain_ms }) => {
    const unsent = await unsentEvents(platform.rows);
    const seconds = (drain_ms / 1_000).toFixed(1);
    const late = drain_ms > GOAL_MS ? ', goal 30 s' : '';
    return { figure: `${unsent.length} after ${seconds} s${late}`, wrong: unsent };
  },
};
