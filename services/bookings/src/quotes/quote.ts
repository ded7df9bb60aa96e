import { conflict } from '@roundhouse/errors';
import type { Money } from '@roundhouse/money';
import type { CharterStatus } from '../charters/states.ts';

export type QuoteStatus = 'draft' | 'sent' | 'accepted' | 'superseded';

export interface Policy {
  version: number;
  hold_hours: number;
  balance_days_before_start: number;
  quote_valid_days: number;
}

/** What the rules look at; the store has more of it. */
export interface QuoteFacts {
  status: QuoteStatus;
  version: number;
  valid_until: Temporal.Instant | null;
  sent_at: Temporal.Instant | null;
  accepted_at: Temporal.Instant | null;
  updated_at: Temporal.Instant;
}

const HOURS_A_DAY = 24;

/** Sent for the first time; a second sending changes nothing. */
export function send<Q extends QuoteFacts>(quote: Q, policy: Policy, now: Temporal.Instant): Q {
  if (quote.status === 'sent') return quote;
  if (quote.status !== 'draft') {
    throw conflict(`quote_${quote.status}`, `The quote is ${quote.status}.`);
  }
  const valid_until = now.add({ hours: policy.quote_valid_days * HOURS_A_DAY });
  const version = quote.version + 1;
  return { ...quote, status: 'sent', version, sent_at: now, valid_until, updated_at: now };
}

/** Accepted by whoever holds its link, as long as it is valid and the latest one. */
export function accept<Q extends QuoteFacts>(quote: Q, now: Temporal.Instant): Q {
  if (quote.status !== 'sent') {
    throw conflict(`quote_${quote.status}`, `The quote is ${quote.status}.`);
  }
  if (quote.valid_until !== null && Temporal.Instant.compare(now, quote.valid_until) > 0) {
    throw conflict('quote_expired', 'The quote is not valid any more. Ask for a new one.');
  }
  const version = quote.version + 1;
  return { ...quote, status: 'accepted', version, accepted_at: now, updated_at: now };
}

/** A quote is written for a charter as it was priced, before anything was agreed. */
export function requireQuotable(
  charter: { status: CharterStatus; version: number },
  priced: number,
) {
  if (charter.status !== 'inquiry' && charter.status !== 'quoted') {
    throw conflict('charter_not_quotable', `The charter is ${charter.status}.`);
  }
  if (charter.version === priced) return;
  throw conflict('charter_changed', 'The charter was changed while it was priced. Try again.');
}

export interface Dues {
  held_until: Temporal.Instant;
  deposit_due_at: Temporal.Instant;
  balance_due_at: Temporal.Instant;
}

/** What is due when, under the policy that the charter was sold with. */
export function dues(policy: Policy, starts_at: Temporal.Instant, now: Temporal.Instant): Dues {
  const held_until = now.add({ hours: policy.hold_hours });
  const before = starts_at.subtract({ hours: policy.balance_days_before_start * HOURS_A_DAY });
  const balance_due_at = Temporal.Instant.compare(before, now) < 0 ? now : before;
  return { held_until, deposit_due_at: held_until, balance_due_at };
}

export interface Wanted {
  vehicle_type: string;
  count: number;
}
export interface Free {
  id: string;
  vehicle_type: string;
}

/** The coaches that the charter gets: of each type the first free ones, as far as they go. */
export function choose(wanted: readonly Wanted[], free: readonly Free[]): Free[] {
  const offers = wanted.map(({ vehicle_type, count }) => ({
    vehicle_type,
    count,
    found: free.filter((resource) => resource.vehicle_type === vehicle_type).slice(0, count),
  }));
  if (offers.every(({ count, found }) => found.length === count)) {
    return offers.flatMap(({ found }) => found);
  }
  throw conflict('vehicle_taken', 'Not enough vehicles are free at that time any more.', {
    free: offers.map(({ vehicle_type, count, found }) => ({
      vehicle_type,
      wanted: count,
      free: found.length,
    })),
  });
}

/** The words that the acceptance is bound to. */
export const termsOf = (total: Money, policy: Policy): string =>
  `Total ${total.amount} ${total.currency} in minor units; policy version ${policy.version}; ` +
  `the vehicles are held for ${policy.hold_hours} hours; the balance is due ` +
  `${policy.balance_days_before_start} days before the start.`;
