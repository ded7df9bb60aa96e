import { defineEvent } from '@roundhouse/events/schema';
import { Id, TenantSettings, Version } from '@roundhouse/service/contract';
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
