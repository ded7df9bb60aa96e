import type { TenantTransaction } from '@roundhouse/database';
import { endChallengesOf } from '../sessions/store.ts';
import { endTokensOfSubject } from '../standings.ts';
import { type User, updatePassword } from '../users/store.ts';
import { isActive } from '../users/user.ts';

/** Another password ends tokens and half-done log-ins of before; answers the user as it is then. */
export function setPassword(tx: TenantTransaction, before: User, hash: string): User {
  const token_version = before.token_version + 1;
  const after = { ...before, version: before.version + 1, token_version };
  updatePassword(tx, after, hash);
  endChallengesOf(tx, after.id);
  const { id: subject_id } = after;
  endTokensOfSubject(tx, { subject_id, kind: 'user', token_version, active: isActive(after) });
  return after;
}
