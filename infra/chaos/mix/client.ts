import type { Kind } from '../mix.ts';
import { countedBy } from '../stock.ts';

/** Its name is its own, so that a second one of it would be seen. */
export const kind: Kind = {
  name: 'enter a client',
  weight: 5,
  services: ['clients'],
  plan: ({ business, token, number, random }) => {
    const name = `Client ${number} ${random.uuid()}`;
    return {
      request: { method: 'POST', path: 'clients/clients', token, body: { name } },
      subject: name,
      done: ({ body }) => business.clients.push({ id: body.id, version: body.version }),
    };
  },
  write: {
    retried: true,
    effects: countedBy(
      `SELECT name AS subject, count(*) AS effects FROM clients.clients
          WHERE name = ANY($1) GROUP BY 1`,
    ),
  },
};
