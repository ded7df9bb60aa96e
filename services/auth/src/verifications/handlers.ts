import { audit, type Tenant, type TenantTransaction } from '@roundhouse/database';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { isUsable, linkRefused } from '../links/account-link.ts';
import { type LinkKeys, openedLink } from '../links/link.ts';
import { findLink, lockLink, useLink } from '../links/store.ts';
import { requireOwnPassword } from '../sessions/credentials.ts';
import type { Throttle } from '../throttle/throttle.ts';
import * as users from '../users/store.ts';
import { isActive } from '../users/user.ts';
import { requestVerification } from './request-verification.ts';

export interface VerificationDependencies {
  throttle: Throttle;
  links: LinkKeys;
}

type Names = 'requestVerification' | 'requestEmailChange' | 'getVerification' | 'verifyEmail';

const kind = 'verification';

/** Each link is a message in an inbox, and that of another e-mail is perhaps a stranger's. */
const requireTurn = (throttle: Throttle, tenant: Tenant, user_id: string) =>
  throttle.require(tenant, { kind: 'email-verification', account: `${tenant.id} ${user_id}` });

/** The e-mail is the user's now, and known to be. */
function verify(tx: TenantTransaction, before: users.User, email: string): void {
  const now = tx.tenant.now();
  const after = { ...before, email, email_verified_at: now, version: before.version + 1 };
  users.updateUser(tx, after);
  useLink(tx, after.id, kind);
  // A reset that waits in the former mailbox must not open the account any more.
  if (email !== before.email) useLink(tx, after.id, 'reset');
  audit(tx, {
    action: 'verifyEmail',
    subject_type: 'user',
    subject_id: after.id,
    before: { email: before.email, email_verified_at: before.email_verified_at },
    after: { email, email_verified_at: now },
  });
}

export const verificationHandlers = ({
  links,
  throttle,
}: VerificationDependencies): Pick<Handlers<typeof contract>, Names> => ({
  requestVerification: async (_, { tenant, caller }) => {
    await requireTurn(throttle, tenant, caller.user_id);
    return tenant.transaction(async (tx) => {
      const { id, email } = await users.lockUser(tx, caller.user_id);
      await requestVerification(tx, { user_id: id, email });
      return { status: 'accepted' };
    });
  },

  requestEmailChange: async ({ body }, { tenant, caller }) => {
    const { user_id } = caller;
    await requireTurn(throttle, tenant, user_id);
    await requireOwnPassword({ throttle }, { tenant, caller }, body.current_password);
    return tenant.transaction(async (tx) => {
      await requestVerification(tx, { user_id, email: body.email });
      return { status: 'accepted' };
    });
  },

  getVerification: async ({ params }, { enter }) => {
    const { tenant_id, id: user_id, generation } = openedLink(links, kind, params.token);
    const tenant = enter(tenant_id, { kind: 'link', id: user_id });
    const { link } = await tenant.read((tx) => findLink(tx, tenant_id, { user_id, kind }));
    return { usable: isUsable(link, generation, tenant.now()) };
  },

  verifyEmail: async ({ params }, { enter }) => {
    const { tenant_id, id: user_id, generation } = openedLink(links, kind, params.token);
    const tenant = enter(tenant_id, { kind: 'link', id: user_id });
    return tenant.transaction(async (tx) => {
      const { link, user } = await lockLink(tx, { user_id, kind });
      if (!isUsable(link, generation, tenant.now())) throw linkRefused();
      if (user === undefined || !isActive(user)) throw linkRefused();
      verify(tx, user, link.email);
      return { status: 'verified' };
    });
  },
});
