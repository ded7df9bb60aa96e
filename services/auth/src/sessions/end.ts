import { audit, type TenantTransaction } from '@roundhouse/database';
import { endTokensOfSession } from '../standings.ts';
import { endSessions } from './store.ts';

/**
 * Ends sessions of a user with their tokens, here and at every service; what is over already stays
 * as it is, and is announced once. Answers how many were open.
 */
export async function end(
  tx: TenantTransaction,
  user_id: string,
  which: { id?: string; but?: string } = {},
): Promise<{ ended: number }> {
  const ended = await endSessions(tx, user_id, which);
  for (const session of ended) {
    endTokensOfSession(tx, session);
    const { session_id: subject_id } = session;
    audit(tx, { action: 'endSession', subject_type: 'session', subject_id });
  }
  return { ended: ended.length };
}
