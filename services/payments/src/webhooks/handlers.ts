import type { ServiceDependencies } from '@roundhouse/service';
import { settlePayment } from '../payments/settle.ts';
import type { Provider } from '../stripe.ts';
import { findTenant, insertEvent } from './store.ts';

type WebhookDependencies = Pick<ServiceDependencies, 'database' | 'logger'> & {
  provider: Provider;
};

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
      logger.warn('webhook', { event: 'webhook_of_unknown_account', id, type, account });
      return;
    }
    const tenant = database.tenant(tenant_id, {
      actor_kind: 'provider',
      actor_id: event.type,
      request_id: event.id,
      address: null,
    });
    await tenant.transaction(async (tx) => {
      const fresh = await insertEvent(tx, event, body.toString());
      const { settles } = event;
      if (fresh && settles) await settlePayment(tx, settles.payment_id, settles.outcome);
    });
  };
}
