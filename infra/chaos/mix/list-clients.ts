import type { Kind } from '../mix.ts';

export const kind: Kind = {
  name: 'list clients',
  weight: 12,
  services: ['clients'],
  plan: ({ token }) => ({ request: { method: 'GET', path: 'clients/clients?limit=20', token } }),
};
