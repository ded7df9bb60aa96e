import { audit, type Tenant as Entered, type TenantTransaction } from '@roundhouse/database';
import { changeStanding } from '../standings.ts';
import { limitsOf, type PlanFacts } from './plan.ts';
import { lockTenantAndSeats, type Tenant, updateTenant } from './store.ts';

/** Writes how the business stands from now on, and tells every service. */
function save(
  tx: TenantTransaction,
  action: string,
  { before, after, reason }: { before: Tenant; after: Tenant; reason: string | null },
): void {
  const { id, version } = after;
  updateTenant(tx, after);
  const { requests_per_minute } = limitsOf(after);
  changeStanding(tx, { id, suspended: after.suspended_at !== null, requests_per_minute, version });
  const told = (tenant: Tenant) => ({
    plan: tenant.plan,
    limits: limitsOf(tenant),
    suspended_at: tenant.suspended_at,
  });
  const change = { before: told(before), after: { ...told(after), reason } };
  audit(tx, { action, subject_type: 'tenant', subject_id: id, ...change });
}

/** Nobody of the business comes in any more, by token, key or link; twice is once. */
export const suspend = (tenant: Entered, reason: string | null): Promise<string> =>
  tenant.transaction(async (tx) => {
    const { tenant: before } = await lockTenantAndSeats(tx);
    if (before.suspended_at !== null) return 'was suspended already';
    const version = before.version + 1;
    const after = { ...before, version, suspended_at: tenant.now(), suspended_reason: reason };
    save(tx, 'suspendTenant', { before, after, reason });
    return 'suspended';
  });

/** As it was before; tokens that are still good open the doors again. Twice is once. */
export const restore = (tenant: Entered, reason: string | null): Promise<string> =>
  tenant.transaction(async (tx) => {
    const { tenant: before } = await lockTenantAndSeats(tx);
    if (before.suspended_at === null) return 'was not suspended';
    const version = before.version + 1;
    const after = { ...before, version, suspended_at: null, suspended_reason: null };
    save(tx, 'restoreTenant', { before, after, reason });
    return 'restored';
  });

/** A plan, and what is granted instead of its limits; who is above a new limit keeps his place. */
export const changePlan = (
  tenant: Entered,
  plan: PlanFacts,
  reason: string | null,
): Promise<string> =>
  tenant.transaction(async (tx) => {
    const { tenant: before } = await lockTenantAndSeats(tx);
    const after = { ...before, ...plan, version: before.version + 1 };
    save(tx, 'changePlan', { before, after, reason });
    return `has the plan ${plan.plan}`;
  });
