import type { Database } from '@roundhouse/database';
import type { PublicContext } from '@roundhouse/service';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Sealing } from '../sealing.ts';
import { requireStanding } from '../tenants/tenant.ts';
import { isActive } from '../users/user.ts';
import { end } from './end.ts';
import { issueTokens } from './issue.ts';
import { refreshTokenHash, successorOf } from './refresh-token.ts';
import { judgeRefreshToken, refreshRefused } from './session.ts';
import * as store from './store.ts';

export interface RefreshDependencies {
  database: Database;
  keys: KeyRing;
  sealing: Sealing;
}

/** New tokens for a refresh token, which is used up; otherwise `refresh_token_invalid`. */
export async function refreshTokens(
  { database, keys, sealing }: RefreshDependencies,
  { enter }: Pick<PublicContext, 'enter'>,
  sent: string,
) {
  const hash = refreshTokenHash(sent);
  const tenant_id = await store.tenantOfRefreshToken(database, hash);
  if (tenant_id === undefined) throw refreshRefused();
  const answer = await enter(tenant_id, { kind: 'user', id: null }).transaction(async (tx) => {
    const token = await store.lockRefreshToken(tx, hash);
    const verdict = token && judgeRefreshToken(token, tx.tenant.now());
    if (token === undefined || verdict === 'refused') throw refreshRefused();
    const { session_id, user_id } = token;
    if (verdict === 'stolen') {
      // Committed, not thrown: the end of the session must outlive this refusal.
      await end(tx, user_id, { id: session_id });
      return undefined;
    }
    const account = await store.findAccount(tx, tenant_id, user_id);
    if (!isActive(account.user)) throw refreshRefused();
    requireStanding(account.tenant);
    store.useRefreshToken(tx, token.id);
    store.useSession(tx, session_id);
    const refresh_token = successorOf(sent, sealing);
    return issueTokens(tx, keys, { session_id, ...account, refresh_token });
  });
  if (answer === undefined) throw refreshRefused();
  return answer;
}
