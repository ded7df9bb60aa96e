/**
 * Writes the demo business and its log-in, which the launcher of the embedded mode alone calls. The
 * password is below the policy of the sign-up on purpose: the founding documents' samples use it.
 */
import { connect, type Origin } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import { readConfig } from '@roundhouse/service/process';
import { z } from 'zod';
import { TenantCreated } from './events.ts';
import { hashPassword } from './passwords/password.ts';
import { insertTenant, newTenantId, tenantOfSubdomain } from './tenants/store.ts';
import { insertUser } from './users/store.ts';

const config = readConfig(
  z.object({
    ROUNDHOUSE_MODE: z.literal('embedded', 'The demo log-in exists in the embedded mode alone.'),
    DATABASE_URL: z.url(),
  }),
);

const business = {
  name: 'Blue Coach Lines',
  subdomain: 'demo',
  vertical: 'charter' as const,
  time_zone: 'America/New_York',
  currency: 'USD',
  version: 1,
};
const owner = { email: 'admin@example.com', first_name: 'Ada', last_name: 'Miller' };

const database = connect({ url: config.DATABASE_URL, max: 1 });
const known = await tenantOfSubdomain(database, business.subdomain);
if (known === undefined) {
  const id = await newTenantId(database);
  const password_hash = await hashPassword('admin123');
  const origin: Origin = {
    actor_kind: 'system',
    actor_id: 'seed-demo',
    request_id: 'seed-demo',
    address: null,
  };
  await database.tenant(id, origin).transaction(async (tx) => {
    const tenant = { id, ...business };
    insertTenant(tx, tenant);
    await insertUser(tx, { ...owner, password_hash, roles: ['owner'] });
    publish(tx, TenantCreated, id, tenant);
  });
}
await database.close();
