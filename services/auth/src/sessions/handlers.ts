import { audit, type Database } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { Handlers, PublicContext } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { verifyPassword } from '../password.ts';
import { tenantOfSubdomain } from '../tenants/store.ts';
import { meantAmong, requireStanding } from '../tenants/tenant.ts';
import { tenantsOfEmail } from '../users/store.ts';
import { isActive, requireActive } from '../users/user.ts';
import { issueTokens } from './issue.ts';
import { refreshTokenHash } from './refresh-token.ts';
import { credentialsRefused, judgeRefreshToken, refreshRefused } from './session.ts';
import * as store from './store.ts';

export interface SessionDependencies {
  database: Database;
  keys: KeyRing;
}

export function sessionHandlers({
  database,
  keys,
}: SessionDependencies): Pick<Handlers<typeof contract>, 'logIn' | 'refresh'> {
  /** The accounts of the e-mail that this password opens. */
  const accountsFor = async (
    enter: PublicContext['enter'],
    { email, password, subdomain }: { email: string; password: string; subdomain?: string },
  ) => {
    const named = subdomain && (await tenantOfSubdomain(database, subdomain));
    const ids = subdomain === undefined ? await tenantsOfEmail(database, email) : [named];
    const opened: store.Credentials[] = [];
    // Without an account there is one check all the same: the answer takes as long.
    for (const id of ids.length === 0 ? [undefined] : ids) {
      const tenant = id ? enter(id, { kind: 'user', id: null }) : undefined;
      const found = await tenant?.read((tx) => store.findCredentials(tx, tenant.id, email));
      if ((await verifyPassword(found?.password_hash, password)) && found) opened.push(found);
    }
    return opened;
  };

  return {
    logIn: async ({ body }, { enter }) => {
      const { email, password, subdomain } = body;
      const of = { email, password, ...(subdomain === undefined ? {} : { subdomain }) };
      const [account, another] = meantAmong(await accountsFor(enter, of));
      if (account === undefined) throw credentialsRefused();
      // Where the password opens one alone it is that one: a stranger who signs up with somebody
      // else's e-mail must not stand in his way.
      if (another !== undefined) {
        throw conflict('subdomain_needed', 'This e-mail has several businesses: send subdomain.');
      }
      const { user, tenant } = account;
      requireActive(user);
      requireStanding(tenant);
      return enter(tenant.id, { kind: 'user', id: user.id }).transaction(async (tx) => {
        const session_id = await store.insertSession(tx, user.id);
        audit(tx, { action: 'logIn', subject_type: 'session', subject_id: session_id });
        return issueTokens(tx, keys, { session_id, user, tenant });
      });
    },

    refresh: async ({ body }, { enter }) => {
      const hash = refreshTokenHash(body.refresh_token);
      const tenant_id = await store.tenantOfRefreshToken(database, hash);
      if (tenant_id === undefined) throw refreshRefused();
      const answer = await enter(tenant_id, { kind: 'user', id: null }).transaction(async (tx) => {
        const token = await store.lockRefreshToken(tx, hash);
        const verdict = token && judgeRefreshToken(token, tx.tenant.now());
        if (token === undefined || verdict === 'refused') throw refreshRefused();
        const { session_id, user_id } = token;
        if (verdict === 'stolen') {
          // Committed, not thrown: the end of the session must outlive this refusal.
          store.endSession(tx, session_id);
          audit(tx, { action: 'endSession', subject_type: 'session', subject_id: session_id });
          return undefined;
        }
        const account = await store.findAccount(tx, tenant_id, user_id);
        if (!isActive(account.user)) throw refreshRefused();
        requireStanding(account.tenant);
        store.useRefreshToken(tx, token.id);
        return issueTokens(tx, keys, { session_id, ...account });
      });
      if (answer === undefined) throw refreshRefused();
      return answer;
    },
  };
}
