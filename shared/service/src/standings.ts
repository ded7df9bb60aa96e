import { sql, type TenantTransaction } from '@roundhouse/database';
import { on, type Subscription } from '@roundhouse/events';
import type { EventType } from '@roundhouse/events/schema';
import type { z } from 'zod';

/** A session has ended: its access tokens with it. */
export interface EndedSession {
  session_id: string;
}

/** A user or a machine client has other rights than its tokens say. */
export interface ChangedSubject {
  subject_id: string;
  /** Tokens of a lower version are refused. */
  token_version: number;
  /** Where it is false, tokens of this version are refused as well. */
  active: boolean;
}

/** Whether the tenant may work, and how much. */
export interface Standing {
  suspended: boolean;
  /** Null is no limit. */
  requests_per_minute: number | null;
  version: number;
}

const listeners = new Set<() => void>();

/** Lets whoever holds what is revoked in this process look again, once it is committed. */
export function onStandingsSaved(look: () => void): () => void {
  listeners.add(look);
  return () => listeners.delete(look);
}

const tellListeners = () => {
  for (const look of listeners) look();
};

/** Refuses the session's tokens from now on; said twice, it is the same. */
export function revokeSession(tx: TenantTransaction, { session_id }: EndedSession): void {
  tx.queue(sql`
    INSERT INTO revocations (tenant_id, kind, id) VALUES (${tx.tenant.id}, 'session', ${session_id})
    ON CONFLICT DO NOTHING`);
  tx.afterCommit(tellListeners);
}

/** Refuses the subject's older tokens. The highest version decides, whichever is heard first. */
export function revokeSubject(tx: TenantTransaction, subject: ChangedSubject): void {
  const { subject_id, token_version, active } = subject;
  const refused_below = active ? token_version : token_version + 1;
  tx.queue(sql`
    INSERT INTO revocations AS kept (tenant_id, kind, id, refused_below)
    VALUES (${tx.tenant.id}, 'subject', ${subject_id}, ${refused_below})
    ON CONFLICT (tenant_id, kind, id) DO UPDATE
      SET refused_below = excluded.refused_below, revoked_at = excluded.revoked_at
    WHERE kept.refused_below < excluded.refused_below`);
  tx.afterCommit(tellListeners);
}

/** Keeps how the tenant stands, unless something newer is here already. */
export function saveStanding(tx: TenantTransaction, standing: Standing): void {
  const { suspended, requests_per_minute, version } = standing;
  tx.queue(sql`
    INSERT INTO tenant_standings AS kept (tenant_id, suspended, requests_per_minute, version)
    VALUES (${tx.tenant.id}, ${suspended}, ${requests_per_minute}, ${version})
    ON CONFLICT (tenant_id) DO UPDATE SET suspended = excluded.suspended,
      requests_per_minute = excluded.requests_per_minute, version = excluded.version,
      changed_at = excluded.changed_at
    WHERE kept.version < excluded.version`);
  tx.afterCommit(tellListeners);
}

/** The events of auth that take trust away or give it back, as its own file declares them. */
export interface StandingEvents {
  SessionEnded: EventType<z.ZodType<EndedSession>>;
  SubjectChanged: EventType<z.ZodType<ChangedSubject>>;
  TenantStandingChanged: EventType<z.ZodType<Standing>>;
}

/** What every service hears: `...standingSubscriptions(authEvents)`. */
export const standingSubscriptions = (events: StandingEvents): Subscription[] => [
  on(events.SessionEnded, async ({ data }, tx) => revokeSession(tx, data)),
  on(events.SubjectChanged, async ({ data }, tx) => revokeSubject(tx, data)),
  on(events.TenantStandingChanged, async ({ data }, tx) => saveStanding(tx, data)),
];
