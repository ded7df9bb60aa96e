import {
  Currency,
  defineContract,
  Id,
  Instant,
  roles,
  TenantSettings,
  TimeZone,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';

const Email = z
  .email()
  .max(254)
  .meta({ examples: ['owner@example.com'] });
/** Length counts, composition does not (NIST SP 800-63B-4, 3.1.1.2); 128 bounds the hash's work. */
const NewPassword = z.string().min(10).max(128);
const Subdomain = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[a-z0-9](-?[a-z0-9])*$/, 'is not a DNS label in lower case (RFC 1123)');
const Roles = z.array(z.enum(roles)).min(1).max(roles.length);

const Tenant = TenantSettings.extend({ subdomain: z.string() }).meta({ id: 'Tenant' });
const User = z
  .object({
    id: Id,
    version: Version,
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    roles: Roles,
    created_at: Instant,
  })
  .meta({ id: 'User' });

const LoggedIn = z.object({
  tenant: Tenant,
  user: User,
  access_token: z.string(),
  /** Opaque, good for one use within 30 days. */
  refresh_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Of the access token, in seconds. */
  expires_in: z.int(),
});

const Key = z.object({
  kid: z.string(),
  kty: z.literal('RSA'),
  alg: z.literal('RS256'),
  use: z.literal('sig'),
  n: z.string(),
  e: z.string(),
});

export const contract = defineContract(
  'auth',
  {
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
      errors: { credentials_invalid: 401, subdomain_needed: 409 },
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
      errors: { refresh_token_invalid: 401 },
      idempotency: 'none',
    },
    getKeys: {
      method: 'get',
      path: '/.well-known/jwks.json',
      summary: 'The public keys of access tokens (RFC 7517)',
      public: true,
      status: 200,
      response: z.object({ keys: z.array(Key) }),
    },
    getMe: {
      method: 'get',
      path: '/me',
      summary: 'Who the token belongs to, and what it may do',
      permission: 'tenant:read',
      status: 200,
      /** `*` stands for all permissions that there are. */
      response: User.extend({ permissions: z.array(z.string()) }),
    },
    getTenant: {
      method: 'get',
      path: '/tenant',
      summary: 'The business that the token belongs to',
      permission: 'tenant:read',
      status: 200,
      response: Tenant,
    },
    createUser: {
      method: 'post',
      path: '/users',
      summary: 'Add a colleague',
      permission: 'users:write',
      body: z.strictObject({
        email: Email,
        password: NewPassword,
        first_name: text(100),
        last_name: text(100),
        roles: Roles,
      }),
      status: 201,
      response: User,
      errors: { email_taken: 409, role_not_grantable: 403, password_too_common: 422 },
    },
  },
  {
    // Owner and admin may do all; the area is named for whoever looks for it.
    admin: ['users:write'],
  },
);
