import { audit, type Database } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { TenantCreated } from '../events.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { signUps } from '../meters.ts';
import { hashPassword, requireUncommon } from '../passwords/password.ts';
import { issueTokens } from '../sessions/issue.ts';
import { insertSession } from '../sessions/store.ts';
import { insertTenant, newTenantId } from '../tenants/store.ts';
import { requireFreeSubdomain } from '../tenants/tenant.ts';
import { insertUser } from '../users/store.ts';
import { requestVerification } from '../verifications/request-verification.ts';

export interface SignUpDependencies {
  database: Database;
  keys: KeyRing;
}

export const signUpHandlers = ({
  database,
  keys,
}: SignUpDependencies): Pick<Handlers<typeof contract>, 'signUp'> => ({
  signUp: async ({ body }, { enter }) => {
    requireFreeSubdomain(body.subdomain);
    requireUncommon(body.password);
    const password_hash = await hashPassword(body.password);
    const { business_name: name, subdomain, vertical, time_zone, currency } = body;
    const id = await newTenantId(database);
    const tenant = { id, name, subdomain, vertical, time_zone, currency, version: 1 };
    const { email, first_name, last_name } = body;
    const owner = { email, first_name, last_name, password_hash, roles: ['owner' as const] };
    return enter(id, { kind: 'user', id: null }).transaction(async (tx) => {
      insertTenant(tx, tenant);
      const user = await insertUser(tx, owner);
      const session_id = await insertSession(tx, user);
      signUps.countAfter(tx, {});
      publish(tx, TenantCreated, id, tenant);
      await requestVerification(tx, { user_id: user.id, email: user.email });
      audit(tx, { action: 'signUp', subject_type: 'tenant', subject_id: id, after: tenant });
      return issueTokens(tx, keys, { session_id, user, tenant });
    });
  },
});
