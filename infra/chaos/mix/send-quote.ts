import { tokenOf } from '../../../scripts/e2e/lib/office.ts';
import type { Kind } from '../mix.ts';
import { countedBy, step } from '../stock.ts';

/** Sent again it is the same quote under the same link: once sent, and once announced. */
export const kind: Kind = {
  name: 'send a quote',
  weight: 5,
  services: ['bookings'],
  plan: ({ business, token }) =>
    step({
      ...{ business, from: 'quoted', to: 'sent' },
      request: ({ quote_id = '' }) => ({
        request: { method: 'POST', path: `charters/quotes/${quote_id}/send`, token },
        subject: quote_id,
      }),
      learns: (_, { body }) => ({ link: tokenOf(body.public_url) }),
    }),
  write: {
    retried: true,
    effects: countedBy(
      `SELECT q.id::text AS subject, count(*) AS effects FROM bookings.quotes q
          JOIN bookings.outbox o ON o.tenant_id = q.tenant_id
            AND o.type = 'bookings.quote.sent.v1' AND o.data ->> 'quote_id' = q.id::text
          WHERE q.id = ANY($1::uuid[]) AND q.status IN ('sent', 'accepted') GROUP BY 1`,
    ),
  },
};
