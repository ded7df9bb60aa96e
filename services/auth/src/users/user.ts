import { conflict, forbidden } from '@roundhouse/errors';

/** What the rules look at; the store has more of it. */
export interface UserFacts {
  version: number;
  first_name: string;
  last_name: string;
  roles: string[];
  /** Tokens of a lower version are refused. */
  token_version: number;
  deactivated_at: Temporal.Instant | null;
}

/** Who may give or take a role that gives more than its holder's work. */
const GIVERS: Record<string, readonly string[]> = { owner: ['owner'], admin: ['owner', 'admin'] };

/**
 * Only an owner makes or unmakes an owner: otherwise an admin could raise himself, or take the
 * business. A machine, which has no roles, makes neither owner nor admin.
 */
export function requireGrantable(
  held: readonly string[],
  wanted: readonly string[],
  had: readonly string[] = [],
): void {
  for (const [role, givers] of Object.entries(GIVERS)) {
    const changes = wanted.includes(role) !== had.includes(role);
    if (!changes || givers.some((giver) => held.includes(giver))) continue;
    throw forbidden('role_not_grantable', `Only ${givers.join(' or ')} gives or takes ${role}.`);
  }
}

/**
 * A machine gives no role that may more than itself: whoever makes a user knows his password, so a
 * key with `users:write` alone would open whatever the role opens.
 */
export function requireWithin<R extends string>(
  mayAllOf: (role: R) => boolean,
  wanted: readonly R[],
  had: readonly R[] = [],
): void {
  const beyond = wanted.find((role) => !had.includes(role) && !mayAllOf(role));
  if (beyond === undefined) return;
  throw forbidden('role_not_grantable', `Only who may all that ${beyond} may gives it.`);
}

export const isActive = (user: Pick<UserFacts, 'deactivated_at'>): boolean =>
  user.deactivated_at === null;

/** To be asked after the password was found right: a stranger learns nothing of an account. */
export function requireActive(user: Pick<UserFacts, 'deactivated_at'>): void {
  if (isActive(user)) return;
  throw forbidden('user_deactivated', 'This account was deactivated.');
}

const isActiveOwner = (user: Pick<UserFacts, 'roles' | 'deactivated_at'>): boolean =>
  isActive(user) && user.roles.includes('owner');

/** A business without an owner could never be given one again. `owners` counts the active ones. */
function requireOwnerLeft(before: UserFacts, after: UserFacts, owners: number): void {
  if (!isActiveOwner(before) || isActiveOwner(after) || owners > 1) return;
  throw conflict('last_owner', 'This is the last owner: make somebody else an owner first.');
}

const sameRoles = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((role) => other.includes(role));

/** Whoever decides about a user, and how many active owners there are. */
export interface Decision {
  /** The roles of whoever decides. */
  held: readonly string[];
  owners: number;
}

/** Other names, or other roles, which end the tokens that tell the old ones. */
export function change<U extends UserFacts>(
  before: U,
  changes: Partial<Pick<U, 'first_name' | 'last_name' | 'roles'>>,
  { held, owners }: Decision,
): U {
  const roles = changes.roles && [...new Set(changes.roles)];
  if (roles !== undefined) requireGrantable(held, roles, before.roles);
  const raised = roles !== undefined && !sameRoles(roles, before.roles);
  const after = {
    ...before,
    ...changes,
    ...(roles === undefined ? {} : { roles }),
    version: before.version + 1,
    token_version: before.token_version + (raised ? 1 : 0),
  };
  requireOwnerLeft(before, after, owners);
  return after;
}

const withActivity = <U extends UserFacts>(before: U, deactivated_at: U['deactivated_at']): U => ({
  ...before,
  deactivated_at,
  version: before.version + 1,
  token_version: before.token_version + 1,
});

/** Nobody is deleted: what a user has done keeps its name. Twice is once. */
export function deactivate<U extends UserFacts>(
  before: U,
  { held, owners }: Decision,
  now: Temporal.Instant,
): U {
  if (!isActive(before)) return before;
  // As if all roles were taken.
  requireGrantable(held, [], before.roles);
  const after = withActivity(before, now);
  requireOwnerLeft(before, after, owners);
  return after;
}

/** With the roles of before; twice is once. */
export function reactivate<U extends UserFacts>(before: U, { held }: Pick<Decision, 'held'>): U {
  if (isActive(before)) return before;
  requireGrantable(held, before.roles);
  return withActivity(before, null);
}
