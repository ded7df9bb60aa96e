import type { Kind } from '../mix.ts';

export const kind: Kind = {
  name: 'list vehicles',
  weight: 5,
  services: ['bookings'],
  plan: ({ token }) => ({
    request: { method: 'GET', path: 'bookings/resources?vehicle_type=coach_56', token },
  }),
};
