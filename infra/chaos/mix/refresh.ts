import { sessionOf } from '../businesses.ts';
import type { Kind } from '../mix.ts';

/** A refresh token is good once: where nobody knows whether it was used, nobody uses it again. */
export const kind: Kind = {
  name: 'refresh',
  weight: 2,
  services: ['auth'],
  plan: ({ business }) => {
    const session = business.sessions.find(({ refresh_token }) => refresh_token !== '');
    if (session === undefined) return undefined;
    const { refresh_token } = session;
    session.refresh_token = '';
    return {
      request: { method: 'POST', path: 'auth/refresh', body: { refresh_token } },
      done: ({ body }) => Object.assign(session, sessionOf(body)),
    };
  },
};
