import { DomainError, unauthenticated } from '@roundhouse/errors';

/** How long a refresh token waits for its use. */
const REFRESH_LIFE = Temporal.Duration.from({ hours: 30 * 24 });
/** A used token works again this long: its answer may have been lost on the way. */
const GRACE = Temporal.Duration.from({ seconds: 10 });
/** How long a log-in waits for its code. */
const CHALLENGE_LIFE = Temporal.Duration.from({ seconds: 300 });

export interface RefreshToken {
  expires_at: Temporal.Instant;
  used_at: Temporal.Instant | null;
  /** When the session that it belongs to was ended. */
  ended_at: Temporal.Instant | null;
}

export const refreshExpiry = (now: Temporal.Instant): Temporal.Instant => now.add(REFRESH_LIFE);
/** A session that was used last before this instant has no token any more that could use it. */
export const usableSince = (now: Temporal.Instant): Temporal.Instant => now.subtract(REFRESH_LIFE);
export const challengeExpiry = (now: Temporal.Instant): Temporal.Instant => now.add(CHALLENGE_LIFE);

export type Verdict = 'good' | 'again' | 'refused' | 'stolen';

/**
 * A token that comes a second time is in two hands, one of them a thief's: its session is to end
 * (RFC 9700 4.14.2). For a few seconds it is taken for the same hand, which has heard no answer.
 */
export function judgeRefreshToken(token: RefreshToken, now: Temporal.Instant): Verdict {
  if (token.ended_at !== null) return 'refused';
  if (Temporal.Instant.compare(now, token.expires_at) >= 0) return 'refused';
  if (token.used_at === null) return 'good';
  return Temporal.Instant.compare(now, token.used_at.add(GRACE)) <= 0 ? 'again' : 'stolen';
}

/** One answer for every wrong pair, so that nobody learns which accounts exist. */
export const credentialsRefused = () =>
  unauthenticated('credentials_invalid', 'E-mail or password is wrong.');

export const refreshRefused = () =>
  unauthenticated('refresh_token_invalid', 'The refresh token is not valid any more. Log in.');

/** The password was right; the token goes with a code to `/login/second-factor`. */
export const secondFactorAsked = (mfa_token: string) =>
  new DomainError('unauthenticated', 'mfa_required', 'Send a code to /auth/login/second-factor.', {
    members: { mfa_token, expires_in: CHALLENGE_LIFE.total('seconds') },
  });

export const challengeRefused = () =>
  unauthenticated('mfa_token_invalid', 'This log-in has ended or was completed. Log in again.');

export interface Challenge {
  expires_at: Temporal.Instant;
  used_at: Temporal.Instant | null;
}

export function requireOpenChallenge(
  challenge: Challenge | undefined,
  now: Temporal.Instant,
): void {
  const isOpen =
    challenge !== undefined &&
    challenge.used_at === null &&
    Temporal.Instant.compare(now, challenge.expires_at) < 0;
  if (!isOpen) throw challengeRefused();
}

const AGENT_LENGTH = 120;
const CONTROL = /\p{Cc}/gu;

/** Enough of it to know one's own devices by; the rest is a fingerprint that nobody needs. */
export function shortUserAgent(user_agent: string | null): string | null {
  const text = (user_agent ?? '').replace(CONTROL, ' ').trim();
  if (text === '') return null;
  return text.length <= AGENT_LENGTH ? text : `${text.slice(0, AGENT_LENGTH - 1)}…`;
}
