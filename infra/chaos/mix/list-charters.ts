import type { Kind } from '../mix.ts';

/** The first page as most people see it; deep pages cost the same, by key. */
export const kind: Kind = {
  name: 'list charters',
  weight: 18,
  services: ['bookings'],
  plan: ({ token }) => ({ request: { method: 'GET', path: 'charters/charters?limit=20', token } }),
};
