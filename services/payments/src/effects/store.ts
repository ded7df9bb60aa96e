import { type Row, sql, type TenantTransaction } from '@roundhouse/database';
import { wakeSweeps } from '@roundhouse/jobs';
import { unknownOutcomes } from '../meters.ts';

/** What leaves the house: the making of the tenant's own account, and the charge of a payment. */
export interface Effect {
  kind: 'account' | 'charge';
  /** The tenant, or the payment. */
  cause_id: string;
}

/** Longer than a request works on it. Then whoever works is dead, and the sweep goes on. */
export const LEASE_SECONDS = 5;
/** From a quarter of a second, doubling, up to about how long an outcome may stay unknown. */
const WAIT = sql`least(0.25 * power(2, least(attempts, 10)), 15) * interval '1 second'`;
/** The provider forgets keys after a day; asked again, it would do it again. */
export const KEY_LIFETIME = sql`interval '23 hours'`;

/** The provider's idempotency key, the same whoever asks however often. */
export const keyOf = ({ kind, cause_id }: Effect): string => `${kind}:${cause_id}`;

/** Writes down what the sweep is to send: once, however often its cause is told. */
export function queueEffect(tx: TenantTransaction, { kind, cause_id }: Effect): void {
  tx.queue(sql`
    INSERT INTO effects (tenant_id, kind, cause_id, target, state, due_at)
    VALUES (${tx.tenant.id}, ${kind}, ${cause_id}, 'stripe', 'queued', now())
    ON CONFLICT (tenant_id, kind, cause_id, target) DO NOTHING`);
  tx.afterCommit(wakeSweeps);
}

/** Takes the lease before the provider is called, by whoever calls it himself. */
export function sendEffect(tx: TenantTransaction, { kind, cause_id }: Effect): void {
  tx.queue(sql`
    INSERT INTO effects AS known (tenant_id, kind, cause_id, target, state, due_at)
    VALUES (${tx.tenant.id}, ${kind}, ${cause_id}, 'stripe', 'sent',
      now() + ${LEASE_SECONDS}::int * interval '1 second')
    ON CONFLICT (tenant_id, kind, cause_id, target)
    DO UPDATE SET state = 'sent', due_at = excluded.due_at WHERE known.state <> 'confirmed'`);
}

/** Nobody can say whether it was done: it is asked again soon, with growing pauses. */
export function postponeEffect(
  tx: TenantTransaction,
  { kind, cause_id }: Effect,
  why: string,
): void {
  tx.queue(sql`
    UPDATE effects SET state = 'unknown', attempts = attempts + 1, last_error = ${why},
      due_at = now() + ${WAIT}
    WHERE tenant_id = ${tx.tenant.id} AND kind = ${kind} AND cause_id = ${cause_id}
      AND state <> 'confirmed'`);
  unknownOutcomes.countAfter(tx, { kind });
}

export function confirmEffect(tx: TenantTransaction, { kind, cause_id }: Effect): void {
  tx.queue(sql`
    UPDATE effects SET state = 'confirmed', due_at = NULL, attempts = attempts + 1
    WHERE tenant_id = ${tx.tenant.id} AND kind = ${kind} AND cause_id = ${cause_id}
      AND state <> 'confirmed'`);
}

/** The effect that fell due, now ours for as long as the lease lasts; none when it is done. */
export async function resumeEffect(tx: TenantTransaction, id: string): Promise<Effect | undefined> {
  const [row] = await tx.query<Row>(sql`
    UPDATE effects SET state = 'sent', due_at = now() + ${LEASE_SECONDS}::int * interval '1 second'
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id} AND state <> 'confirmed'
    RETURNING kind, cause_id`);
  return row as Effect | undefined;
}
