import type { Kind } from '../mix.ts';

/** Stands for availability as long as nobody can ask for that itself: what is on, by its day. */
export const kind: Kind = {
  name: 'what is on',
  weight: 8,
  services: ['bookings'],
  plan: ({ token }) => ({
    request: { method: 'GET', path: 'charters/charters?status=confirmed&sort=starts_at', token },
  }),
};
