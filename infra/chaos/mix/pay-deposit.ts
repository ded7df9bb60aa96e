import type { Kind } from '../mix.ts';
import { paidItem, pays } from '../payments.ts';

/** By a card that the bank takes; the amount stands at the provider's too, in a book of its own. */
export const kind: Kind = {
  name: 'pay the deposit',
  weight: 3,
  services: ['payments', 'stripe'],
  again: ['payment_in_progress'],
  plan: ({ business }) => pays(business, 'deposit'),
  write: { retried: true, effects: paidItem('deposit') },
};
