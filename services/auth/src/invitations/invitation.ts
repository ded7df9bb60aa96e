import { conflict } from '@roundhouse/errors';
import type { InvitationStatus } from './states.ts';

/** What the rules look at; the store has more of it. */
export interface InvitationFacts {
  version: number;
  generation: number;
  expires_at: Temporal.Instant;
  accepted_at: Temporal.Instant | null;
  revoked_at: Temporal.Instant | null;
}

const LIFE = Temporal.Duration.from({ hours: 7 * 24 });

export const invitationExpiry = (now: Temporal.Instant): Temporal.Instant => now.add(LIFE);

export function statusOf(invitation: InvitationFacts, now: Temporal.Instant): InvitationStatus {
  if (invitation.accepted_at !== null) return 'accepted';
  if (invitation.revoked_at !== null) return 'revoked';
  return Temporal.Instant.compare(now, invitation.expires_at) < 0 ? 'open' : 'expired';
}

/** Refuses by what has become of it: `invitation_accepted`, `…_revoked`, `…_expired`. */
export function requireOpen(invitation: InvitationFacts, now: Temporal.Instant): void {
  const status = statusOf(invitation, now);
  if (status === 'open') return;
  throw conflict(`invitation_${status}`, `The invitation was ${status}.`);
}

/** Sent once more, with a new link, which revokes the one before; also what has expired. */
export function resend<I extends InvitationFacts>(before: I, now: Temporal.Instant): I {
  if (statusOf(before, now) !== 'expired') requireOpen(before, now);
  return {
    ...before,
    version: before.version + 1,
    generation: before.generation + 1,
    expires_at: invitationExpiry(now),
  };
}

/** Twice is once. What was accepted is a user, who is deactivated instead. */
export function revoke<I extends InvitationFacts>(before: I, now: Temporal.Instant): I {
  const status = statusOf(before, now);
  if (status === 'revoked') return before;
  if (status === 'accepted') requireOpen(before, now);
  return { ...before, version: before.version + 1, revoked_at: now };
}
