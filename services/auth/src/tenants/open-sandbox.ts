import { audit, type Database, type Tenant as Entered } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import type { Context } from '@roundhouse/service';
import { TenantCreated } from '../events.ts';
import { changeStanding } from '../standings.ts';
import { addUser, lockAccount, type UserCopy } from '../users/store.ts';
import { limitsOf } from './plan.ts';
import * as store from './store.ts';
import { requireSandboxable, sandboxSubdomain } from './tenant.ts';

/** Notes the sandbox with the business, once: whoever comes again finds its id. */
async function reserve(tenant: Entered, { caller }: Context) {
  return tenant.transaction(async (tx) => {
    const { tenant: business, new_id } = await store.lockTenantAndSeats(tx);
    requireSandboxable(business, caller.roles);
    const { user: owner } = await lockAccount(tx, caller.user_id);
    if (business.sandbox_id !== null) return { business, owner, sandbox_id: business.sandbox_id };
    const after = { ...business, sandbox_id: new_id, version: business.version + 1 };
    store.updateTenant(tx, after);
    const subject = { subject_type: 'tenant', subject_id: business.id };
    audit(tx, { action: 'openSandbox', ...subject, after: { sandbox_id: new_id } });
    return { business: after, owner, sandbox_id: new_id };
  });
}

/** The sandbox as it is, or as it is made now: a crash before this left but its id behind. */
async function fill(sandbox: Entered, business: store.Tenant, owner: UserCopy) {
  return sandbox.transaction(async (tx) => {
    // Of two at once the second waits here, and then finds the row.
    const { found, new_id } = await store.lockSandbox(tx);
    if (found !== undefined) return found;
    const tenant = store.insertSandbox(tx, business, sandboxSubdomain(business.subdomain));
    addUser(tx, { ...owner, id: new_id, roles: ['owner'] });
    publish(tx, TenantCreated, tenant.id, tenant);
    const { id, version } = tenant;
    const { requests_per_minute } = limitsOf(tenant);
    changeStanding(tx, { id, suspended: false, requests_per_minute, version });
    const subject = { subject_type: 'tenant', subject_id: tenant.id };
    audit(tx, { action: 'openSandbox', ...subject, after: { sandbox_of: business.id } });
    return tenant;
  });
}

/**
 * A business of its own to try things out in: same settings, same owner, no shared row. In two
 * transactions, since each sees one business alone.
 */
export async function openSandbox(database: Database, context: Context) {
  const { business, owner, sandbox_id } = await reserve(context.tenant, context);
  const { origin, trips } = context.tenant;
  const sandbox = await fill(database.tenant(sandbox_id, origin, trips), business, owner);
  return { ...sandbox, sandbox_of: business.id };
}
