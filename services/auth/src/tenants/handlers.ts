import { audit, type Database } from '@roundhouse/database';
import { notFound, requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { TenantChanged } from '../events.ts';
import type { TenantChanges } from './contract.ts';
import { openSandbox } from './open-sandbox.ts';
import { shownBrand, shownTenant } from './shown.ts';
import * as store from './store.ts';
import { requireStanding, subdomainOf } from './tenant.ts';

export interface TenantDependencies {
  database: Database;
}

type Names = 'getTenant' | 'changeTenant' | 'openSandbox' | 'getPublicTenant';

/** JSON has no undefined: a field is there or it was not sent. */
function changed(before: store.Tenant, { brand = {}, ...rest }: TenantChanges): store.Tenant {
  const branded = Object.entries(brand).map(([name, value]) => [`brand_${name}`, value]);
  const version = before.version + 1;
  return Object.assign({ ...before, version }, rest, Object.fromEntries(branded));
}

export const tenantHandlers = ({
  database,
}: TenantDependencies): Pick<Handlers<typeof contract>, Names> => ({
  getTenant: async (_, { tenant: of }) => {
    const { tenant, seats } = await of.read((tx) => store.findTenantAndSeats(tx, of.id));
    return shownTenant(tenant, seats);
  },

  changeTenant: async ({ body, if_match }, { tenant: of }) =>
    of.transaction(async (tx) => {
      const { tenant: before, seats } = await store.lockTenantAndSeats(tx);
      requireVersion(before.version, if_match);
      const after = changed(before, body);
      store.updateTenant(tx, after);
      publish(tx, TenantChanged, after.id, after);
      const subject = { subject_type: 'tenant', subject_id: after.id };
      audit(tx, { action: 'changeTenant', ...subject, before, after });
      return shownTenant(after, seats);
    }),

  openSandbox: async (_, context) => openSandbox(database, context),

  getPublicTenant: async ({ query }, { enter, host }) => {
    const subdomain = query.subdomain ?? (host === null ? undefined : subdomainOf(host));
    const id = subdomain && (await store.tenantOfSubdomain(database, subdomain));
    if (!id) throw notFound('business');
    const of = enter(id, { kind: 'link', id: null });
    const tenant = await of.read((tx) => store.findTenant(tx, id));
    requireStanding(tenant);
    const { name, vertical, sandbox_of } = tenant;
    const is_sandbox = sandbox_of !== null;
    return { name, subdomain: tenant.subdomain, vertical, brand: shownBrand(tenant), is_sandbox };
  },
});
