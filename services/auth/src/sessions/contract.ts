import type { Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { Subdomain, Tenant } from '../tenants/contract.ts';
import { Email, User } from '../users/contract.ts';

export const LoggedIn = z.object({
  tenant: Tenant,
  user: User,
  access_token: z.string(),
  /** Opaque, good for one use within 30 days. */
  refresh_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Of the access token, in seconds. */
  expires_in: z.int(),
});

export const sessionRoutes = {
  logIn: {
    method: 'post',
    path: '/login',
    summary: 'Log in with e-mail and password',
    public: true,
    body: z.strictObject({
      email: Email,
      password: z.string().min(1).max(128),
      subdomain: Subdomain.optional(),
    }),
    status: 200,
    response: LoggedIn,
    errors: {
      credentials_invalid: 401,
      subdomain_needed: 409,
      user_deactivated: 403,
      tenant_suspended: 403,
    },
    // One for each of the five businesses that an e-mail is looked up in, two for the session.
    max_trips: 7,
    idempotency: 'none',
  },
  refresh: {
    method: 'post',
    path: '/refresh',
    summary: 'Get new tokens for a refresh token, which is then used up',
    public: true,
    body: z.strictObject({ refresh_token: z.string().min(1).max(200) }),
    status: 200,
    response: LoggedIn,
    errors: { refresh_token_invalid: 401, tenant_suspended: 403 },
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
