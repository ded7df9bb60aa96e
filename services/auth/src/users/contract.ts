import {
  Email,
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  roles,
  text,
  Version,
  YesOrNo,
} from '@roundhouse/service/contract';
import { z } from 'zod';

export { Email };
/** Length counts, composition does not (NIST SP 800-63B-4, 3.1.1.2); 128 bounds the hash's work. */
export const NewPassword = z.string().min(10).max(128);
export const Roles = z.array(z.enum(roles)).min(1).max(roles.length);

export const User = z
  .object({
    id: Id,
    version: Version,
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    roles: Roles,
    email_verified_at: Instant.nullable(),
    deactivated_at: Instant.nullable(),
    created_at: Instant,
  })
  .meta({ id: 'User' });

const names = { first_name: text(100), last_name: text(100) };
const named = (sent: object) => Object.keys(sent).length > 0;
const NAMES_NOTHING = 'names nothing to change';

const activity = {
  method: 'post',
  permission: 'users:write',
  params: IdParams,
  conditional: true,
  status: 200,
  response: User,
} as const;

export const userRoutes = {
  getMe: {
    method: 'get',
    path: '/me',
    summary: 'Who the token belongs to, and what it may do',
    permission: 'me:read',
    status: 200,
    /** `*` stands for all permissions that there are. */
    response: User.extend({ permissions: z.array(z.string()) }),
  },
  changeMe: {
    method: 'patch',
    path: '/me',
    summary: 'Change your own names: only the fields that are sent',
    permission: 'me:write',
    body: z.strictObject(names).partial().refine(named, NAMES_NOTHING),
    conditional: true,
    status: 200,
    response: User,
  },
  createUser: {
    method: 'post',
    path: '/users',
    summary: 'Add a colleague',
    permission: 'users:write',
    body: z.strictObject({ email: Email, password: NewPassword, ...names, roles: Roles }),
    status: 201,
    response: User,
    errors: {
      email_taken: 409,
      role_not_grantable: 403,
      password_too_common: 422,
      plan_limit_reached: 409,
    },
    // A key is kept with a fast hash of the body, which has a password; a second one is told apart
    // by its e-mail.
    idempotency: 'none',
  },
  getUser: {
    method: 'get',
    path: '/users/:id',
    summary: 'Read a colleague',
    permission: 'users:read',
    params: IdParams,
    status: 200,
    response: User,
  },
  listUsers: {
    method: 'get',
    path: '/users',
    summary: 'List the colleagues',
    permission: 'users:read',
    query: listQuery(['-created_at', 'created_at', 'last_name', '-last_name', 'email']).extend({
      role: z.enum(roles).optional(),
      active: YesOrNo.optional(),
      /** Part of a name or an e-mail, in any case. */
      q: text(100).optional(),
    }),
    status: 200,
    response: pageOf(User),
  },
  changeUser: {
    method: 'patch',
    path: '/users/:id',
    summary: 'Change names or roles: only the fields that are sent',
    permission: 'users:write',
    params: IdParams,
    body: z
      .strictObject({ ...names, roles: Roles })
      .partial()
      .refine(named, NAMES_NOTHING),
    conditional: true,
    status: 200,
    response: User,
    errors: { role_not_grantable: 403, last_owner: 409 },
  },
  deactivateUser: {
    ...activity,
    path: '/users/:id/deactivate',
    summary: 'Let a colleague in no more: sessions and tokens end',
    errors: { role_not_grantable: 403, last_owner: 409 },
  },
  reactivateUser: {
    ...activity,
    path: '/users/:id/reactivate',
    summary: 'Let a colleague in again, with the roles of before',
    errors: { role_not_grantable: 403, plan_limit_reached: 409 },
  },
} as const satisfies Record<string, Route>;
