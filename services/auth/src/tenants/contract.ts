import { type Route, TenantSettings } from '@roundhouse/service/contract';
import { z } from 'zod';

export const Subdomain = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[a-z0-9](-?[a-z0-9])*$/, 'is not a DNS label in lower case (RFC 1123)');

export const Tenant = TenantSettings.extend({ subdomain: z.string() }).meta({ id: 'Tenant' });

export const tenantRoutes = {
  getTenant: {
    method: 'get',
    path: '/tenant',
    summary: 'The business that the token belongs to',
    permission: 'tenant:read',
    status: 200,
    response: Tenant,
  },
} as const satisfies Record<string, Route>;
