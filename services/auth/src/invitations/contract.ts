import {
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { LinkParams } from '../links/contract.ts';
import { LoggedIn } from '../sessions/contract.ts';
import { Brand } from '../tenants/contract.ts';
import { Email, NewPassword, Roles } from '../users/contract.ts';
import { invitationStatuses } from './states.ts';

const status = z.enum(invitationStatuses);

const Invitation = z
  .object({
    id: Id,
    version: Version,
    email: z.string(),
    roles: Roles,
    status,
    expires_at: Instant,
    accepted_at: Instant.nullable(),
    revoked_at: Instant.nullable(),
    created_at: Instant,
  })
  .meta({ id: 'Invitation' });

/** What the link shows to whoever holds it. */
const PublicInvitation = z
  .object({ business_name: z.string(), brand: Brand, email: z.string(), roles: Roles, status })
  .meta({ id: 'PublicInvitation' });

const step = {
  method: 'post',
  permission: 'users:write',
  params: IdParams,
  conditional: true,
  status: 200,
  response: Invitation,
} as const;

export const invitationRoutes = {
  createInvitation: {
    method: 'post',
    path: '/invitations',
    summary: 'Invite a colleague by e-mail',
    permission: 'users:write',
    body: z.strictObject({ email: Email, roles: Roles }),
    status: 201,
    response: Invitation,
    errors: {
      email_taken: 409,
      invitation_open: 409,
      plan_limit_reached: 409,
      role_not_grantable: 403,
    },
  },
  getInvitation: {
    method: 'get',
    path: '/invitations/:id',
    summary: 'Read an invitation',
    permission: 'users:read',
    params: IdParams,
    status: 200,
    response: Invitation,
  },
  listInvitations: {
    method: 'get',
    path: '/invitations',
    summary: 'List the invitations',
    permission: 'users:read',
    query: listQuery(['-created_at', 'created_at']).extend({ status: status.optional() }),
    status: 200,
    response: pageOf(Invitation),
  },
  resendInvitation: {
    ...step,
    path: '/invitations/:id/resend',
    summary: 'Send another link, which revokes the one before',
    errors: { invitation_accepted: 409, invitation_revoked: 409, role_not_grantable: 403 },
  },
  revokeInvitation: {
    ...step,
    path: '/invitations/:id/revoke',
    summary: 'Take the invitation back',
    errors: { invitation_accepted: 409 },
  },
  getPublicInvitation: {
    method: 'get',
    path: '/public/invitations/:token',
    summary: 'What somebody is invited to',
    public: true,
    params: LinkParams,
    status: 200,
    response: PublicInvitation,
  },
  acceptInvitation: {
    method: 'post',
    path: '/public/invitations/:token/accept',
    summary: 'Join the business, and be logged in',
    public: true,
    params: LinkParams,
    body: z.strictObject({
      first_name: text(100),
      last_name: text(100),
      password: NewPassword,
    }),
    status: 200,
    response: LoggedIn,
    errors: {
      email_taken: 409,
      invitation_accepted: 409,
      invitation_expired: 409,
      invitation_revoked: 409,
      password_too_common: 422,
      plan_limit_reached: 409,
    },
    idempotency: 'none',
  },
} as const satisfies Record<string, Route>;
