import type { Kind } from '../mix.ts';

export const kind: Kind = {
  name: 'who changed what',
  weight: 1,
  services: ['clients'],
  plan: ({ token }) => ({ request: { method: 'GET', path: 'clients/audit?limit=20', token } }),
};
