import type { Kind } from '../mix.ts';

/** The charters of one client, in the order of their days. */
export const kind: Kind = {
  name: 'history of a client',
  weight: 11,
  services: ['bookings'],
  plan: ({ business, token }) => ({
    request: {
      method: 'GET',
      path: `charters/charters?client_id=${business.client_id}&sort=-starts_at&limit=20`,
      token,
    },
  }),
};
