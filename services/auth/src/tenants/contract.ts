import { Id, prose, type Route, TenantSettings, text } from '@roundhouse/service/contract';
import { z } from 'zod';
import { planNames } from './states.ts';

export const Subdomain = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[a-z0-9](-?[a-z0-9])*$/, 'is not a DNS label in lower case (RFC 1123)');

export const Tenant = TenantSettings.extend({ subdomain: z.string() }).meta({ id: 'Tenant' });

const profile = {
  /** As it stands in contracts and on invoices, where that is another name. */
  legal_name: text(200).nullable(),
  address: prose(500).nullable(),
  /** E.164 */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'is not a phone number in E.164, such as +12125550123')
    .nullable(),
  support_email: z.email().max(254).nullable(),
};

const brand = {
  /** Where it is not the name of the business. */
  name: text(100).nullable(),
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/, 'is not a color as #rrggbb in lower case')
    .nullable(),
  logo_url: z
    .url({ protocol: /^https$/ })
    .max(500)
    .nullable(),
};
export const Brand = z
  .object({
    ...brand,
    /** Black or white: what can be read on the color (WCAG 2.2, 1.4.3). */
    text_color: z.string().nullable(),
  })
  .meta({ id: 'Brand' });

const Limit = z.int().nullable();
const TenantProfile = Tenant.extend({
  ...profile,
  brand: Brand,
  plan: z.object({
    name: z.enum(planNames),
    /** Null is no limit; `requests_per_minute` counts at each process of each service. */
    limits: z.object({ users: Limit, requests_per_minute: Limit, machine_clients: Limit }),
    /** Active ones. */
    usage: z.object({ users: z.int(), machine_clients: z.int() }),
  }),
  /** Of a sandbox the business that it belongs to. */
  sandbox_of: Id.nullable(),
  /** Of a business its sandbox, once it was opened. */
  sandbox_id: Id.nullable(),
}).meta({ id: 'TenantProfile' });

/** What anybody may know who has the address of the business' pages. */
const PublicTenant = z
  .object({
    name: z.string(),
    subdomain: z.string(),
    vertical: TenantSettings.shape.vertical,
    brand: Brand,
    is_sandbox: z.boolean(),
  })
  .meta({ id: 'PublicTenant' });

const changes = z
  .strictObject({
    name: text(200),
    time_zone: TenantSettings.shape.time_zone,
    ...profile,
    brand: z.strictObject(brand).partial(),
  })
  .partial()
  .refine((sent) => Object.keys(sent).length > 0, 'names nothing to change');

export const tenantRoutes = {
  getTenant: {
    method: 'get',
    path: '/tenant',
    summary: 'The business that the token belongs to',
    permission: 'tenant:read',
    status: 200,
    response: TenantProfile,
  },
  changeTenant: {
    method: 'patch',
    path: '/tenant',
    summary: 'Change profile or brand: only the fields that are sent',
    permission: 'tenant:write',
    body: changes,
    conditional: true,
    status: 200,
    response: TenantProfile,
  },
  openSandbox: {
    method: 'post',
    path: '/tenant/sandbox',
    summary: 'Open the sandbox of the business; again answers the same one',
    permission: 'tenant:write',
    status: 200,
    response: Tenant.extend({ sandbox_of: Id }),
    errors: { owner_needed: 403, is_sandbox: 409, subdomain_taken: 409 },
    // Its own state makes it idempotent: a second one finds the sandbox of the first.
    idempotency: 'none',
    max_trips: 6,
  },
  getPublicTenant: {
    method: 'get',
    path: '/public/tenant',
    summary: 'The business whose subdomain the host names, or the query',
    public: true,
    query: z.strictObject({ subdomain: Subdomain.optional() }),
    cache_seconds: 60,
    status: 200,
    response: PublicTenant,
    errors: { not_found: 404, tenant_suspended: 403 },
  },
} as const satisfies Record<string, Route>;

export type TenantChanges = z.output<typeof changes>;
