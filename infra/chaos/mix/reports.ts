import type { Kind } from '../mix.ts';

const PATHS = [
  'payments/ledger/trial-balance',
  'payments/ledger/accounts',
  'payments/invoices?limit=50',
];

export const kind: Kind = {
  name: 'reports',
  weight: 2,
  services: ['payments'],
  plan: ({ token, random }) => ({ request: { method: 'GET', path: random.pick(PATHS), token } }),
};
