import type { Kind } from '../mix.ts';
import { paidItem, pays } from '../payments.ts';

/** What is left when the trip is over; it goes onto the invoice. */
export const kind: Kind = {
  name: 'pay the balance',
  weight: 1,
  services: ['payments', 'stripe'],
  again: ['payment_in_progress'],
  plan: ({ business }) => pays(business, 'balance'),
  write: { retried: true, effects: paidItem('balance') },
};
