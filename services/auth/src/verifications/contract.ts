import type { Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { Accepted, LinkParams, LinkState } from '../links/contract.ts';
import { CurrentPassword } from '../passwords/contract.ts';
import { Email } from '../users/contract.ts';

export const verificationRoutes = {
  requestVerification: {
    method: 'post',
    path: '/me/verification',
    summary: 'Have another link sent that verifies your e-mail',
    permission: 'me:write',
    status: 202,
    response: Accepted,
    errors: { too_many_attempts: 429 },
    // The attempt is counted in a transaction of its own.
    max_trips: 6,
    idempotency: 'none',
  },
  requestEmailChange: {
    method: 'post',
    path: '/me/email',
    summary: 'Have a link sent to another e-mail, which becomes yours once it is verified',
    permission: 'me:write',
    body: z.strictObject({ email: Email, current_password: CurrentPassword }),
    status: 202,
    response: Accepted,
    errors: { password_wrong: 422, too_many_attempts: 429 },
    // Counting the attempts, and taking one back, are transactions of their own.
    max_trips: 14,
    idempotency: 'none',
  },
  getVerification: {
    method: 'get',
    path: '/public/verifications/:token',
    summary: 'Whether the link can be used',
    public: true,
    params: LinkParams,
    status: 200,
    response: LinkState,
  },
  verifyEmail: {
    method: 'post',
    path: '/public/verifications/:token',
    summary: 'Verify the e-mail that the link was sent to',
    public: true,
    params: LinkParams,
    status: 200,
    response: z.object({ status: z.literal('verified') }),
    errors: { link_not_usable: 409, email_taken: 409 },
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
