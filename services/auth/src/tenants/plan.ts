import { conflict } from '@roundhouse/errors';
import type { PlanName } from './states.ts';

/** Null is no limit. */
export interface Limits {
  /** Active ones. */
  users: number | null;
  /** At each process of each service. */
  requests_per_minute: number | null;
  machine_clients: number | null;
}

/** What each plan gives. `standard` is also what services grant whom they have not heard of. */
const PLANS: Record<PlanName, Limits> = {
  sandbox: { users: 20, requests_per_minute: 6_000, machine_clients: 10 },
  standard: { users: 1_000, requests_per_minute: 30_000, machine_clients: 100 },
  unlimited: { users: null, requests_per_minute: null, machine_clients: null },
};

/** A business' plan, and what it was granted instead. */
export interface PlanFacts {
  plan: PlanName;
  users_granted: number | null;
  requests_per_minute_granted: number | null;
  machine_clients_granted: number | null;
}

/** What was granted to a business goes before its plan. */
export function limitsOf(facts: PlanFacts): Limits {
  const { users, requests_per_minute, machine_clients } = PLANS[facts.plan];
  return {
    users: facts.users_granted ?? users,
    requests_per_minute: facts.requests_per_minute_granted ?? requests_per_minute,
    machine_clients: facts.machine_clients_granted ?? machine_clients,
  };
}

/**
 * Refuses one more than the plan has room for. `used` is to be counted under the lock of the
 * business, so that two who come at once do not both take the last place.
 */
export function requireRoom(
  facts: PlanFacts,
  limit: 'users' | 'machine_clients',
  used: number,
): void {
  const allowed = limitsOf(facts)[limit];
  if (allowed === null || used < allowed) return;
  const noun = limit.replaceAll('_', ' ');
  throw conflict('plan_limit_reached', `The plan ${facts.plan} has room for ${allowed} ${noun}.`, {
    limit: { name: limit, allowed, used },
  });
}
