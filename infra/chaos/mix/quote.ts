import type { Kind } from '../mix.ts';
import { countedBy, step } from '../stock.ts';

/** Each charter of the load is quoted once. */
export const kind: Kind = {
  name: 'write a quote',
  weight: 5,
  services: ['bookings', 'pricing'],
  plan: ({ business, token }) =>
    step({
      ...{ business, from: 'inquired', to: 'quoted' },
      request: ({ charter_id }) => ({
        request: { method: 'POST', path: `charters/charters/${charter_id}/quotes`, token },
        subject: charter_id,
      }),
      learns: (_, { body }) => ({ quote_id: body.id }),
    }),
  write: {
    retried: true,
    effects: countedBy(
      `SELECT charter_id::text AS subject, count(*) AS effects FROM bookings.quotes
          WHERE charter_id = ANY($1::uuid[]) GROUP BY 1`,
    ),
  },
};
