import type { Tenant } from '@roundhouse/database';
import type { Logger } from '@roundhouse/service/log';
import { makeAccount } from '../accounts/make-account.ts';
import { type Effect, keyOf, postponeEffect } from '../effects/store.ts';
import type { Provider } from '../stripe.ts';
import { isOtherAmount, type Outcome, type Payment } from './payment.ts';
import { settlePayment } from './settle.ts';
import * as store from './store.ts';

/** A client waits three seconds at most, and the database wants its part of them. */
export const PROVIDER_MS = 2_500;

export interface Charging {
  provider: Provider;
  logger: Pick<Logger, 'error'>;
}

const effectOf = ({ id: cause_id }: Payment): Effect => ({ kind: 'charge', cause_id });

/** Asks the provider, outside of any transaction, as often as need be: its key makes it once. */
async function ask(tenant: Tenant, provider: Provider, charge: store.Charge): Promise<Outcome> {
  const until = performance.now() + PROVIDER_MS;
  const left = () => Math.max(1, Math.ceil(until - performance.now()));
  const account = charge.provider_account_id ?? (await makeAccount(tenant, provider, left()));
  if (account === undefined) {
    return { kind: 'unknown', provider_payment_id: null, why: 'no_account' };
  }
  const { id: payment_id, schedule_id, booking_id, amount, payment_method } = charge;
  const { provider_payment_id, asked_at, key_expired } = charge;
  return provider.charge(
    {
      ...{ account, amount, payment_method, provider_payment_id, asked_at, key_expired },
      idempotency_key: keyOf(effectOf(charge)),
      metadata: { payment_id, schedule_id, booking_id, tenant_id: tenant.id },
    },
    left(),
  );
}

/** What the provider said, as far as it can be acted on; the rest is said aloud and asked again. */
function usable(charge: store.Charge, outcome: Outcome, logger: Charging['logger']): Outcome {
  if (!isOtherAmount(charge, outcome)) return outcome;
  const { provider_payment_id } = outcome;
  const event = 'payment_amount_differs';
  logger.error('payment', { event, payment_id: charge.id, provider_payment_id });
  return { kind: 'unknown', provider_payment_id, why: 'amount_differs' };
}

/**
 * Brings a payment that was begun to its end, or leaves it to the sweep while nobody knows the
 * outcome. The answer that is stored under the client's key commits with the success.
 */
export async function chargePayment(
  tenant: Tenant,
  { provider, logger }: Charging,
  charge: store.Charge,
): Promise<Payment> {
  const outcome = usable(charge, await ask(tenant, provider, charge), logger);
  if (outcome.kind !== 'unknown') {
    const framed = outcome.kind === 'succeeded' ? 'end' : false;
    const settled = await tenant.transaction(
      async (tx) => (await settlePayment(tx, charge.id, outcome)) ?? charge,
      { framed },
    );
    return settled;
  }
  const { provider_payment_id, why } = outcome;
  await tenant.transaction(
    async (tx) => {
      if (provider_payment_id !== null) {
        store.noteProviderPayment(tx, charge.id, provider_payment_id);
      }
      postponeEffect(tx, effectOf(charge), why);
    },
    { framed: false },
  );
  return charge;
}
