import type { TenantTransaction } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import { revokeSession, revokeSubject, saveStanding } from '@roundhouse/service/standings';
import type { z } from 'zod';
import { SessionEnded, SubjectChanged, TenantStandingChanged } from './events.ts';

/** Ends the session's access tokens: here with this transaction, in the others by its event. */
export function endTokensOfSession(
  tx: TenantTransaction,
  session: z.output<typeof SessionEnded.data>,
): void {
  revokeSession(tx, session);
  publish(tx, SessionEnded, session.session_id, session);
}

/**
 * Ends the tokens that the subject had before: call it with the `token_version` that this
 * transaction has raised, whenever roles, password or activity change.
 */
export function endTokensOfSubject(
  tx: TenantTransaction,
  subject: z.output<typeof SubjectChanged.data>,
): void {
  revokeSubject(tx, subject);
  publish(tx, SubjectChanged, subject.subject_id, subject);
}

/** Says how the tenant stands from now on, with a version higher than the last one's. */
export function changeStanding(
  tx: TenantTransaction,
  standing: z.output<typeof TenantStandingChanged.data>,
): void {
  saveStanding(tx, standing);
  publish(tx, TenantStandingChanged, standing.id, standing);
}
