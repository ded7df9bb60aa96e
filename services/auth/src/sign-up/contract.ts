import { Currency, type Route, TenantSettings, TimeZone, text } from '@roundhouse/service/contract';
import { z } from 'zod';
import { LoggedIn } from '../sessions/contract.ts';
import { Subdomain } from '../tenants/contract.ts';
import { Email, NewPassword } from '../users/contract.ts';

export const signUpRoutes = {
  signUp: {
    method: 'post',
    path: '/signup',
    summary: 'Open a business: its tenant and its owner',
    public: true,
    body: z.strictObject({
      business_name: text(200),
      subdomain: Subdomain,
      email: Email,
      password: NewPassword,
      first_name: text(100),
      last_name: text(100),
      vertical: TenantSettings.shape.vertical.default('charter'),
      time_zone: TimeZone.default('UTC'),
      currency: Currency.default('USD'),
    }),
    status: 201,
    response: LoggedIn,
    errors: { subdomain_taken: 409, subdomain_reserved: 422, password_too_common: 422 },
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
