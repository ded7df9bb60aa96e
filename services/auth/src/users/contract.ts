import { Id, Instant, type Route, roles, text, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

export const Email = z
  .email()
  .max(254)
  .meta({ examples: ['owner@example.com'] });
/** Length counts, composition does not (NIST SP 800-63B-4, 3.1.1.2); 128 bounds the hash's work. */
export const NewPassword = z.string().min(10).max(128);
const Roles = z.array(z.enum(roles)).min(1).max(roles.length);

export const User = z
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

export const userRoutes = {
  getMe: {
    method: 'get',
    path: '/me',
    summary: 'Who the token belongs to, and what it may do',
    permission: 'tenant:read',
    status: 200,
    /** `*` stands for all permissions that there are. */
    response: User.extend({ permissions: z.array(z.string()) }),
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
} as const satisfies Record<string, Route>;
