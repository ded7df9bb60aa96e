import { unreadEvents } from '../../../scripts/verify-state.ts';
import type { Line } from '../verdict.ts';

/** Twice it can't be: queue and event are the inbox's key, and the effect its transaction. */
export const line: Line = {
  column: 'inbox',
  place: 9,
  sentence: 'every event is in the inbox of each who reads it',
  judge: async ({ platform }) => {
    const unread = await unreadEvents(platform.rows);
    return { figure: `${unread.length} missing`, wrong: unread };
  },
};
