import { Id, IdParams, Instant, listQuery, pageOf, type Route } from '@roundhouse/service/contract';
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

const Session = z
  .object({
    id: Id,
    user_id: Id,
    created_at: Instant,
    /** The log-in or the last refresh. */
    last_used_at: Instant,
    /** From where it was used last. */
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    /** Null where the password alone was asked for. */
    second_factor_at: Instant.nullable(),
    /** Whether it is the one that asks. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });

const Ended = z.object({ ended: z.int() });
const sessionsQuery = listQuery(['-created_at', 'created_at']);
/** Told to whoever has shown the password, and to nobody else. */
const accountRefusals = { user_deactivated: 403, tenant_suspended: 403 } as const;
const none = { idempotency: 'none' } as const;

const entry = {
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
      /** Its `mfa_token` goes to `/login/second-factor`, with a code. */
      mfa_required: 401,
      subdomain_needed: 409,
      too_many_attempts: 429,
      ...accountRefusals,
    },
    // Counting takes two before and two after, each of the five businesses that an e-mail is looked
    // up in takes one, and the session two.
    max_trips: 11,
    ...none,
  },
  logInWithSecondFactor: {
    method: 'post',
    path: '/login/second-factor',
    summary: 'Go on with a log-in that answered `mfa_required`',
    public: true,
    body: z.strictObject({
      /** Good for five minutes, and for one log-in. */
      mfa_token: z.string().min(1).max(200),
      /** Of the authenticator, or one of the recovery codes. */
      code: z.string().min(6).max(40),
    }),
    status: 200,
    response: LoggedIn,
    errors: {
      mfa_token_invalid: 401,
      code_invalid: 401,
      too_many_attempts: 429,
      ...accountRefusals,
    },
    max_trips: 8,
    ...none,
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
    ...none,
  },
  logOut: {
    method: 'post',
    path: '/logout',
    summary: 'End the session of the token: its access tokens and its refresh token',
    permission: 'me:write',
    status: 200,
    response: Ended,
  },
} as const satisfies Record<string, Route>;

export const sessionRoutes = {
  ...entry,
  listSessions: {
    method: 'get',
    path: '/sessions',
    summary: 'Where you are logged in',
    permission: 'me:read',
    query: sessionsQuery,
    status: 200,
    response: pageOf(Session),
  },
  endSession: {
    method: 'post',
    path: '/sessions/:id/end',
    summary: 'Log yourself out somewhere else; said twice, it is the same',
    permission: 'me:write',
    params: IdParams,
    status: 200,
    response: Ended,
  },
  endOtherSessions: {
    method: 'post',
    path: '/sessions/end-others',
    summary: 'Log yourself out everywhere but here',
    permission: 'me:write',
    status: 200,
    response: Ended,
  },
  listSessionsOfUser: {
    method: 'get',
    path: '/users/:id/sessions',
    summary: 'Where a colleague is logged in',
    permission: 'users:read',
    params: IdParams,
    query: sessionsQuery,
    status: 200,
    response: pageOf(Session),
  },
  endSessionsOfUser: {
    method: 'post',
    path: '/users/:id/sessions/end',
    summary: 'Log a colleague out everywhere',
    permission: 'users:write',
    params: IdParams,
    status: 200,
    response: Ended,
    errors: { role_not_grantable: 403 },
  },
  endSessionOfUser: {
    method: 'post',
    path: '/users/:id/sessions/:session_id/end',
    summary: 'Log a colleague out somewhere; said twice, it is the same',
    permission: 'users:write',
    params: IdParams.extend({ session_id: Id }),
    status: 200,
    response: Ended,
    errors: { role_not_grantable: 403 },
  },
} as const satisfies Record<string, Route>;
