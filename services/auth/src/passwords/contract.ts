import type { Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { Accepted, LinkParams, LinkState } from '../links/contract.ts';
import { LoggedIn } from '../sessions/contract.ts';
import { Subdomain } from '../tenants/contract.ts';
import { Email, NewPassword } from '../users/contract.ts';

export const CurrentPassword = z.string().min(1).max(128);

export const passwordRoutes = {
  changePassword: {
    method: 'post',
    path: '/me/password',
    summary: 'Change your password: ends your other sessions, and answers new tokens',
    permission: 'me:write',
    body: z.strictObject({ current_password: CurrentPassword, password: NewPassword }),
    status: 200,
    response: LoggedIn,
    errors: {
      password_wrong: 422,
      password_too_common: 422,
      password_changed: 409,
      too_many_attempts: 429,
    },
    // Counting the attempt, and taking it back, are transactions of their own.
    max_trips: 12,
    idempotency: 'none',
  },
  requestPasswordReset: {
    method: 'post',
    path: '/password-resets',
    summary: 'Have a link sent that sets a new password; the answer tells nothing',
    public: true,
    body: z.strictObject({ email: Email, subdomain: Subdomain.optional() }),
    status: 202,
    response: Accepted,
    errors: { too_many_attempts: 429 },
    // A look and a link for each of the five businesses that an e-mail is looked up in, after the
    // attempt was counted.
    max_trips: 17,
    idempotency: 'none',
  },
  getPasswordReset: {
    method: 'get',
    path: '/public/resets/:token',
    summary: 'Whether the link can be used',
    public: true,
    params: LinkParams,
    status: 200,
    response: LinkState,
  },
  resetPassword: {
    method: 'post',
    path: '/public/resets/:token',
    summary: 'Set a new password: ends all sessions, and the link',
    public: true,
    params: LinkParams,
    body: z.strictObject({ password: NewPassword }),
    status: 200,
    response: z.object({ status: z.literal('changed') }),
    errors: { link_not_usable: 409, password_too_common: 422 },
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
