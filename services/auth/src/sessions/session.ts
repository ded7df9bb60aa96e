import { unauthenticated } from '@roundhouse/errors';

/** How long a refresh token waits for its use. */
const REFRESH_LIFE = Temporal.Duration.from({ hours: 30 * 24 });
/** A used token works again this long: its answer may have been lost on the way. */
const GRACE = Temporal.Duration.from({ seconds: 10 });

export interface RefreshToken {
  expires_at: Temporal.Instant;
  used_at: Temporal.Instant | null;
  /** When the session that it belongs to was ended. */
  ended_at: Temporal.Instant | null;
}

export const refreshExpiry = (now: Temporal.Instant): Temporal.Instant => now.add(REFRESH_LIFE);

export type Verdict = 'good' | 'refused' | 'stolen';

/**
 * A token that comes a second time is in two hands, one of them a thief's: its session is to end
 * (RFC 9700 4.14.2).
 */
export function judgeRefreshToken(token: RefreshToken, now: Temporal.Instant): Verdict {
  if (token.ended_at !== null) return 'refused';
  if (Temporal.Instant.compare(now, token.expires_at) >= 0) return 'refused';
  if (token.used_at === null) return 'good';
  return Temporal.Instant.compare(now, token.used_at.add(GRACE)) <= 0 ? 'good' : 'stolen';
}

/** One answer for every wrong pair, so that nobody learns which accounts exist. */
export const credentialsRefused = () =>
  unauthenticated('credentials_invalid', 'E-mail or password is wrong.');

export const refreshRefused = () =>
  unauthenticated('refresh_token_invalid', 'The refresh token is not valid any more. Log in.');
