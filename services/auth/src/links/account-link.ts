import { conflict } from '@roundhouse/errors';
import type { AccountLinkKind } from './states.ts';

/** The last link of its kind that was made for a user. */
export interface AccountLink {
  generation: number;
  /** Where it was sent; of a verification, what it verifies. */
  email: string;
  expires_at: Temporal.Instant;
  used_at: Temporal.Instant | null;
}

/** A reset opens an account, so it is short (OWASP ASVS 5.0, 6.4); a verification opens nothing. */
const LIFE: Record<AccountLinkKind, Temporal.Duration> = {
  reset: Temporal.Duration.from({ minutes: 15 }),
  verification: Temporal.Duration.from({ hours: 72 }),
};

export const linkExpiry = (kind: AccountLinkKind, now: Temporal.Instant): Temporal.Instant =>
  now.add(LIFE[kind]);

/** Once, in time, and only the newest one: asking again revokes what was sent before. */
export const isUsable = (
  link: AccountLink | undefined,
  generation: number,
  now: Temporal.Instant,
): link is AccountLink =>
  link !== undefined &&
  link.generation === generation &&
  link.used_at === null &&
  Temporal.Instant.compare(now, link.expires_at) < 0;

export const linkRefused = () =>
  conflict('link_not_usable', 'The link was used, replaced by a newer one, or is too old.');
