import { audit } from '@roundhouse/database';
import type { ServiceDependencies } from '@roundhouse/service';
import { secondCharges, webhooks } from '../meters.ts';
import { isOtherAmount } from '../payments/payment.ts';
import { settlePayment } from '../payments/settle.ts';
import type { Provider } from '../stripe.ts';
import { findTenant, insertEvent } from './store.ts';

type WebhookDependencies = Pick<ServiceDependencies, 'database' | 'logger'> & {
  provider: Provider;
};

const isSecondCharge = (error: unknown) =>
  (error as { constraint?: string }).constraint === 'one_attempt_per_item';

/**
 * What the provider tells, as it came and as it is signed. It is stored once; where it tells an
 * outcome that we do not know yet, that is settled in the same transaction.
 */
export function webhookHandler({ database, provider, logger }: WebhookDependencies) {
  return async (body: Buffer, signature: string | undefined): Promise<void> => {
    const event = provider.readEvent(body, signature);
    const tenant_id = await findTenant(database, event.account);
    if (tenant_id === undefined) {
      // An account that nobody has written down yet tells of itself only: no payment is missed.
      const { id, type, account } = event;
      webhooks.count({ result: 'foreign' });
      logger.warn('webhook', { event: 'webhook_of_unknown_account', id, type, account });
      return;
    }
    const tenant = database.tenant(tenant_id, {
      actor_kind: 'provider',
      actor_id: event.type,
      request_id: event.id,
      address: null,
    });
    const text = body.toString();
    const { settles } = event;
    const take = tenant.transaction(async (tx) => {
      const fresh = await insertEvent(tx, event, text);
      webhooks.countAfter(tx, { result: fresh ? 'taken' : 'again' });
      if (!fresh || settles === undefined) return;
      const { payment_id, outcome } = settles;
      const payment = await settlePayment(tx, payment_id, outcome);
      if (payment === undefined || !isOtherAmount(payment, outcome)) return;
      const { id, type } = event;
      logger.error('webhook', { event: 'payment_amount_differs', id, type, payment_id });
    });
    await take.catch(async (error: unknown) => {
      if (!isSecondCharge(error)) throw error;
      // Two attempts at one item have both succeeded at the provider, after one was told as failed.
      // The books keep the first; the other is money that, for now, a person has to give back.
      const { id, type } = event;
      logger.error('webhook', {
        event: 'second_charge',
        id,
        type,
        payment_id: settles?.payment_id,
      });
      await tenant.transaction(async (tx) => {
        await insertEvent(tx, event, text);
        webhooks.countAfter(tx, { result: 'taken' });
        secondCharges.countAfter(tx, {});
        const subject = { subject_type: 'payment', subject_id: settles?.payment_id ?? id };
        audit(tx, { action: 'noteSecondCharge', ...subject, after: { event_id: id } });
      });
    });
  };
}
