import { defineEvent } from '@roundhouse/events/schema';
import { Id, Instant, roles, TenantSettings, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

/** A business has signed up; every service keeps a copy of its settings. */
export const TenantCreated = defineEvent('auth.tenant.created.v1', TenantSettings, {
  id: '019a6f5e-0000-7000-8000-000000000001',
  name: 'Blue Coach Lines',
  vertical: 'charter',
  time_zone: 'America/New_York',
  currency: 'USD',
  version: 1,
});

/** Its name or its time zone may be another now; every service's copy follows. */
export const TenantChanged = defineEvent('auth.tenant.changed.v1', TenantSettings, {
  ...TenantCreated.example,
  time_zone: 'America/Chicago',
  version: 2,
});

const session_id = '019a6f5e-0000-7000-8000-000000000009';
const user_id = '019a6f5e-0000-7000-8000-00000000000a';

/** Logged out or thrown out: access tokens with this `sid` are to be refused. */
export const SessionEnded = defineEvent(
  'auth.session.ended.v1',
  z.object({ session_id: Id, user_id: Id }),
  { session_id, user_id },
);

/**
 * A user or a machine client has got other rights, another password, or is (in)active: its access
 * tokens with a lower `ver` are to be refused, and all of them while it is not active.
 */
export const SubjectChanged = defineEvent(
  'auth.subject.changed.v1',
  z.object({
    subject_id: Id,
    kind: z.enum(['user', 'machine']),
    token_version: Version,
    active: z.boolean(),
  }),
  { subject_id: user_id, kind: 'user', token_version: 2, active: true },
);

/** How the business stands with the platform. */
export const TenantStandingChanged = defineEvent(
  'auth.tenant.standing_changed.v1',
  z.object({
    id: Id,
    suspended: z.boolean(),
    /** At each service; null where there is no limit. */
    requests_per_minute: z.int().min(1).nullable(),
    version: Version,
  }),
  {
    id: '019a6f5e-0000-7000-8000-000000000001',
    suspended: true,
    requests_per_minute: 30_000,
    version: 2,
  },
);

const expires_at = '2026-11-21T09:45:00Z';

/** Somebody is to join the business; whoever sends the link derives it, and tells nobody else. */
export const UserInvited = defineEvent(
  'auth.user.invited.v1',
  z.object({
    invitation_id: Id,
    email: z.string(),
    roles: z.array(z.enum(roles)),
    /** Of the link: a later one revokes it. */
    generation: z.int(),
    expires_at: Instant,
  }),
  {
    invitation_id: '019a6f5e-0000-7000-8000-00000000000b',
    email: 'ann@example.com',
    roles: ['dispatcher'],
    generation: 1,
    expires_at,
  },
);

/** A link that sets a new password is wanted, at the user's own e-mail. */
export const PasswordResetRequested = defineEvent(
  'auth.user.password_reset_requested.v1',
  z.object({ user_id: Id, generation: z.int(), expires_at: Instant }),
  { user_id, generation: 1, expires_at },
);

/** A link that verifies this e-mail is wanted: the user's, or the one that is to become it. */
export const EmailVerificationRequested = defineEvent(
  'auth.user.email_verification_requested.v1',
  z.object({ user_id: Id, email: z.string(), generation: z.int(), expires_at: Instant }),
  { user_id, email: 'owner@example.com', generation: 1, expires_at },
);
