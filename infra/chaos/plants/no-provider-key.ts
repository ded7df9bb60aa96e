/** The provider is asked under a new key each time: what is asked twice is charged twice. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/payments/src/stripe.ts',
  from: '{ stripeAccount: request.account, idempotencyKey: request.idempotency_key, timeout }',
  to: '{ stripeAccount: request.account, idempotencyKey: crypto.randomUUID(), timeout }',
});
