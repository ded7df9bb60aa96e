import { conflict, DomainError, invalid, unavailable } from '@roundhouse/errors';
import type { Money } from '@roundhouse/money';

/** What the provider said of a charge. */
export type Outcome =
  | { kind: 'succeeded'; provider_payment_id: string; amount: Money }
  | {
      kind: 'failed';
      provider_payment_id: string | null;
      code: string;
      decline_code: string | null;
    }
  /** It may have happened or not: nobody may act on it, and it is asked again. */
  | { kind: 'unknown'; provider_payment_id: string | null; why: string };
export type Settled = Exclude<Outcome, { kind: 'unknown' }>;

export interface Payment {
  id: string;
  version: number;
  schedule_id: string;
  booking_id: string;
  item: 'deposit' | 'balance';
  amount: Money;
  status: 'pending' | 'succeeded' | 'failed';
  failure_code: string | null;
  decline_code: string | null;
  provider_payment_id: string | null;
  created_at: Temporal.Instant;
  updated_at: Temporal.Instant;
  settled_at: Temporal.Instant | null;
}

/** An attempt as the next one finds it. */
export interface Attempt extends Payment {
  request_key: string | null;
  /** Somebody asks the provider at this very moment. */
  in_progress: boolean;
}

/**
 * The attempt that a request goes on with: the one that it began itself under the same key,
 * whatever became of it, or the one that nobody has finished; undefined, where it may begin one.
 */
export function attemptOf<A extends Attempt>(
  attempts: readonly A[],
  request_key: string | undefined,
): A | undefined {
  const own = attempts.find((one) => request_key !== undefined && one.request_key === request_key);
  if (own !== undefined && own.status !== 'pending') return own;
  const standing = attempts.find(({ status }) => status !== 'failed');
  if (standing?.status === 'succeeded') {
    throw conflict('item_already_paid', 'This is paid already.');
  }
  if (standing?.in_progress && standing === own) {
    throw conflict('idempotency_key_in_use', 'A request with this key is still in progress.');
  }
  if (standing?.in_progress) {
    throw conflict('payment_in_progress', 'A payment of this is under way.');
  }
  return standing;
}

/**
 * The provider says that another amount was taken than was asked for. No rule settles that: the
 * payment stays as it is until a person has looked.
 */
export function isOtherAmount({ amount }: Payment, outcome: Outcome): boolean {
  if (outcome.kind !== 'succeeded') return false;
  const { amount: taken } = outcome;
  return taken.amount !== amount.amount || taken.currency !== amount.currency;
}

/**
 * The payment after the provider's word. Success outweighs failure, and both outweigh silence, so
 * that words may come twice, late and in any order. Where nothing changes, it is the same object.
 */
export function settle(payment: Payment, outcome: Settled, now: Temporal.Instant): Payment {
  const { provider_payment_id } = outcome;
  const after = { ...payment, version: payment.version + 1, updated_at: now, settled_at: now };
  if (outcome.kind === 'succeeded') {
    if (payment.status === 'succeeded' || isOtherAmount(payment, outcome)) return payment;
    const nothing = { failure_code: null, decline_code: null };
    return { ...after, ...nothing, status: 'succeeded', provider_payment_id };
  }
  if (payment.status !== 'pending') return payment;
  const { code, decline_code } = outcome;
  return { ...after, status: 'failed', failure_code: code, decline_code, provider_payment_id };
}

/** What the client is told of a payment that did not succeed. */
export function refusalOf({ id, status, failure_code, decline_code }: Payment): DomainError {
  if (status === 'pending') {
    const detail = 'The payment is under way. Ask again: the card is charged once at most.';
    const members = { payment_id: id, payment_status: status };
    return new DomainError('unavailable', 'payment_outcome_unknown', detail, {
      members,
      retry_after_seconds: 2,
    });
  }
  const code = failure_code ?? 'card_declined';
  if (code === 'payment_method_invalid') {
    return invalid(code, '/payment_method', 'The provider does not know this payment method.');
  }
  if (code === 'payment_provider_refused') {
    return unavailable(code, 'The provider takes no payment for this business just now.');
  }
  const members = { decline_code, payment_id: id };
  return new DomainError('payment_failed', code, 'The card was declined.', { members });
}
