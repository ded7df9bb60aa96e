import { conflict, forbidden, invalid } from '@roundhouse/errors';

/** What a machine may be given, as `clients:read`. */
const PERMISSION = /^[a-z]+(-[a-z]+)*:(read|write)$/;
/** A machine has no profile, no password and no sessions of its own. */
const OF_PEOPLE = /^me:/;

export interface MachineFacts {
  version: number;
  name: string;
  scopes: string[];
  /** Tokens of a lower version are refused. */
  token_version: number;
  updated_at: Temporal.Instant;
  revoked_at: Temporal.Instant | null;
}

/** The secrets that are good, as their hashes. */
export interface Secrets {
  secret_hash: Buffer;
  secret_prefix: string;
  previous_secret_hash: Buffer | null;
  previous_secret_prefix: string | null;
  previous_secret_expires_at: Temporal.Instant | null;
}

/**
 * Nobody gives a machine what he may not do himself: a key would raise him. `may` answers what the
 * asker may.
 */
export function requireScopes(
  scopes: readonly string[],
  may: (permission: `${string}:read` | `${string}:write`) => boolean,
): void {
  for (const [index, scope] of scopes.entries()) {
    if (!PERMISSION.test(scope) || OF_PEOPLE.test(scope)) {
      throw invalid('scope_unknown', `/scopes/${index}`, `A machine cannot have ${scope}.`);
    }
    if (!may(scope as `${string}:read`)) {
      throw forbidden('scope_not_grantable', `Only who has ${scope} can give it.`);
    }
  }
}

const requireLive = ({ revoked_at }: MachineFacts): void => {
  if (revoked_at === null) return;
  throw conflict('machine_client_revoked', 'This machine client was revoked.');
};

const sameScopes = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((scope) => other.includes(scope));

/** Other scopes end the tokens that tell the old ones. */
export function change<M extends MachineFacts>(
  before: M,
  { name = before.name, scopes = before.scopes }: { name?: string; scopes?: string[] },
  now: Temporal.Instant,
): M {
  requireLive(before);
  const raised = sameScopes(scopes, before.scopes) ? 0 : 1;
  const token_version = before.token_version + raised;
  return { ...before, name, scopes, token_version, version: before.version + 1, updated_at: now };
}

/**
 * A new secret; the one before stays good so long that its holder can take the new one without a
 * gap. What was the one before is void at once, so that there are never more than two. Without an
 * overlap it is taken for stolen, and the tokens that it got end as well.
 */
export function rotate<M extends MachineFacts & Secrets>(
  before: M,
  secret: { hash: Buffer; prefix: string },
  { overlap_hours, now }: { overlap_hours: number; now: Temporal.Instant },
): M {
  requireLive(before);
  const keeps = overlap_hours > 0;
  return {
    ...before,
    secret_hash: secret.hash,
    secret_prefix: secret.prefix,
    previous_secret_hash: keeps ? before.secret_hash : null,
    previous_secret_prefix: keeps ? before.secret_prefix : null,
    previous_secret_expires_at: keeps ? now.add({ hours: overlap_hours }) : null,
    token_version: before.token_version + (keeps ? 0 : 1),
    version: before.version + 1,
    updated_at: now,
  };
}

/** For good; twice is once. */
export function revoke<M extends MachineFacts>(before: M, now: Temporal.Instant): M {
  if (before.revoked_at !== null) return before;
  return {
    ...before,
    revoked_at: now,
    token_version: before.token_version + 1,
    version: before.version + 1,
    updated_at: now,
  };
}

/** The hashes that a secret may have just now; none once the client was revoked. */
export function goodHashes(client: MachineFacts & Secrets, now: Temporal.Instant): Buffer[] {
  if (client.revoked_at !== null) return [];
  const { secret_hash, previous_secret_hash, previous_secret_expires_at: until } = client;
  const overlaps = until !== null && Temporal.Instant.compare(now, until) < 0;
  return overlaps && previous_secret_hash ? [secret_hash, previous_secret_hash] : [secret_hash];
}

/**
 * The scopes that a token gets: those that were asked for, each of which the client must have, or
 * all that it has (RFC 6749 3.3). Undefined where one was asked for that it has not.
 */
export function narrow(held: readonly string[], asked: string | undefined): string[] | undefined {
  if (asked === undefined) return [...held];
  const wanted = [...new Set(asked.split(' ').filter((scope) => scope !== ''))];
  return wanted.length > 0 && wanted.every((scope) => held.includes(scope)) ? wanted : undefined;
}
