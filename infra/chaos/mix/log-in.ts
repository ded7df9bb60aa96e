import { sessionOf } from '../businesses.ts';
import type { Kind } from '../mix.ts';
import { countedBy } from '../stock.ts';

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** The oldest of the business' sessions makes room for it. */
export const kind: Kind = {
  name: 'log in',
  weight: 1,
  services: ['auth'],
  plan: ({ business }) => ({
    request: { method: 'POST', path: 'auth/login', body: business.owner },
    subject: ({ body }) => claimsOf(body.access_token).sid,
    done: ({ body }) => {
      business.sessions.shift();
      business.sessions.push(sessionOf(body));
    },
  }),
  write: {
    // Asked again it would be another session.
    retried: false,
    effects: countedBy(
      `SELECT id::text AS subject, count(*) AS effects FROM auth.sessions
          WHERE id = ANY($1::uuid[]) GROUP BY 1`,
    ),
  },
};
