import type { ServiceDependencies } from '@roundhouse/service';
import express, { type Express } from 'express';
import { settlePayment } from '../payments/settle.ts';
import type { Provider } from '../stripe.ts';
import { findTenant, insertEvent } from './store.ts';

/**
 * What the provider tells, beside the contract: its body is taken as it came, since it is signed as
 * it came. Stored once; where it tells an outcome that we do not know yet, that is settled with it.
 */
export function mountWebhooks(
  app: Express,
  { database, provider, logger }: ServiceDependencies & { provider: Provider },
): void {
  const raw = express.raw({ type: () => true, limit: '1mb' });
  app.post('/webhooks/stripe', raw, async (request, response) => {
    const body: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const event = provider.readEvent(body, request.header('stripe-signature'));
    const tenant_id = await findTenant(database, event.account);
    if (tenant_id === undefined) {
      // An account that nobody has written down yet tells of itself only: no payment is missed.
      const { id, type, account } = event;
      logger.warn('webhook', { event: 'webhook_of_unknown_account', id, type, account });
      response.json({ received: true });
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
    response.json({ received: true });
  });
}
