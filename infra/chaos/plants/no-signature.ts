/** Whatever says that it is the provider's is believed. */
import { changeSource } from '../change-source.ts';

changeSource({
  file: '/services/payments/src/stripe.ts',
  from: 'stripe.webhooks.constructEvent(body, signature, config.STRIPE_WEBHOOK_SECRET)',
  to: 'JSON.parse(body.toString())',
});
