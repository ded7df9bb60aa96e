import { setTimeout } from 'node:timers/promises';
import { audit, type Database, type Tenant } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers, PublicContext } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { PasswordResetRequested } from '../events.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { isUsable, linkRefused } from '../links/account-link.ts';
import { type LinkKeys, openedLink } from '../links/link.ts';
import { findLink, type LinkAndUser, lockLink, renewLink, useLink } from '../links/store.ts';
import { requireOwnPassword } from '../sessions/credentials.ts';
import { end } from '../sessions/end.ts';
import { issueTokens } from '../sessions/issue.ts';
import { tenantOfSubdomain } from '../tenants/store.ts';
import { NOBODYS, type Throttle } from '../throttle/throttle.ts';
import * as users from '../users/store.ts';
import { isActive } from '../users/user.ts';
import { hashPassword, requireUncommon } from './password.ts';
import { setPassword } from './set-password.ts';

export interface PasswordDependencies {
  database: Database;
  keys: KeyRing;
  links: LinkKeys;
  throttle: Throttle;
}

type Names = 'changePassword' | 'requestPasswordReset' | 'getPasswordReset' | 'resetPassword';

/**
 * Longer than an account takes: an answer that comes sooner for nobody would tell. Under load, when
 * some take longer, answers still come in whole steps, by which few can be told apart.
 */
const ANSWER_STEP_MS = 250;

const passwordChanged = () =>
  conflict('password_changed', 'The password was changed by another request. Try again.');

/** A link for one account of this e-mail, if the business has an active one. */
async function sendLink(tenant: Tenant, email: string, only: boolean): Promise<void> {
  const { user, tenant: business } = await tenant.read((tx) =>
    users.findUserByEmail(tx, tenant.id, email),
  );
  if (user === undefined || !isActive(user) || business.suspended_at !== null) return;
  // Whoever names no business means none of its sandboxes, unless there is nothing else.
  if (business.sandbox_of !== null && !only) return;
  const user_id = user.id;
  await tenant.transaction(async (tx) => {
    const link = await renewLink(tx, { user_id, kind: 'reset', email: user.email });
    const { generation, expires_at } = link;
    publish(tx, PasswordResetRequested, user_id, { user_id, generation, expires_at });
    const subject = { subject_type: 'user', subject_id: user_id };
    audit(tx, { action: 'requestPasswordReset', ...subject, after: { generation, expires_at } });
  });
}

export function passwordHandlers({
  database,
  keys,
  links,
  throttle,
}: PasswordDependencies): Pick<Handlers<typeof contract>, Names> {
  const sendLinks = async (
    enter: PublicContext['enter'],
    { email, subdomain }: { email: string; subdomain?: string | undefined },
  ) => {
    const named = subdomain && (await tenantOfSubdomain(database, subdomain));
    const ids = subdomain === undefined ? await users.tenantsOfEmail(database, email) : [named];
    // One after the other: a stranger's question is not to take all connections at once.
    for (const id of ids) {
      if (id) await sendLink(enter(id, { kind: 'user', id: null }), email, ids.length === 1);
    }
  };

  return {
    changePassword: async ({ body }, { tenant, caller }) => {
      requireUncommon(body.password);
      const { user_id, session_id } = caller;
      const known = await tenant.read((tx) => users.findUser(tx, tenant.id, user_id));
      await requireOwnPassword({ throttle }, { tenant, caller }, body.current_password);
      const hash = await hashPassword(body.password);
      return tenant.transaction(async (tx) => {
        const { business, user: before } = await users.lockAccount(tx, user_id);
        // Changed by another request since it was checked: what was proven then is worth nothing.
        if (before.token_version !== known?.token_version) throw passwordChanged();
        const user = setPassword(tx, before, hash);
        await end(tx, user_id, { but: session_id });
        users.endRefreshTokensOf(tx, session_id);
        audit(tx, { action: 'changePassword', subject_type: 'user', subject_id: user_id });
        return issueTokens(tx, keys, { session_id, user, tenant: business });
      });
    },

    requestPasswordReset: async ({ body }, { enter }) => {
      const account = `${body.subdomain ?? ''} ${body.email.toLowerCase()}`;
      const asker = enter(NOBODYS, { kind: 'user', id: null });
      await throttle.require(asker, { kind: 'password-reset', account });
      const began = performance.now();
      await sendLinks(enter, body);
      const taken = performance.now() - began;
      await setTimeout(ANSWER_STEP_MS - (taken % ANSWER_STEP_MS));
      return { status: 'accepted' };
    },

    getPasswordReset: async ({ params }, { enter }) => {
      const { tenant_id, id: user_id, generation } = openedLink(links, 'reset', params.token);
      const tenant = enter(tenant_id, { kind: 'link', id: user_id });
      const { link, user } = await tenant.read((tx) =>
        findLink(tx, tenant_id, { user_id, kind: 'reset' }),
      );
      const usable = isUsable(link, generation, tenant.now());
      return { usable: usable && user !== undefined && isActive(user) };
    },

    resetPassword: async ({ params, body }, { enter }) => {
      requireUncommon(body.password);
      const { tenant_id, id: user_id, generation } = openedLink(links, 'reset', params.token);
      const tenant = enter(tenant_id, { kind: 'link', id: user_id });
      const requireUsable = ({ link, user }: LinkAndUser) => {
        if (user === undefined || !isActive(user)) throw linkRefused();
        if (!isUsable(link, generation, tenant.now())) throw linkRefused();
        return user;
      };
      const of = { user_id, kind: 'reset' as const };
      // First a look, so that a used link costs no hash.
      requireUsable(await tenant.read((tx) => findLink(tx, tenant_id, of)));
      const hash = await hashPassword(body.password);
      return tenant.transaction(async (tx) => {
        const before = requireUsable(await lockLink(tx, of));
        setPassword(tx, before, hash);
        await end(tx, user_id);
        useLink(tx, user_id, 'reset');
        audit(tx, { action: 'resetPassword', subject_type: 'user', subject_id: user_id });
        return { status: 'changed' };
      });
    },
  };
}
