import { audit, type TenantTransaction } from '@roundhouse/database';
import { notFound, requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers, PublicContext } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { UserInvited } from '../events.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { type LinkKeys, openedLink } from '../links/link.ts';
import { hashPassword, requireUncommon } from '../passwords/password.ts';
import { openSession } from '../sessions/issue.ts';
import { requireRoom } from '../tenants/plan.ts';
import { shownBrand } from '../tenants/shown.ts';
import { asFarAs } from '../users/handlers.ts';
import { addUser } from '../users/store.ts';
import { requireGrantable, requireWithin } from '../users/user.ts';
import { invitationExpiry, requireOpen, resend, revoke, statusOf } from './invitation.ts';
import * as store from './store.ts';

export interface InvitationDependencies {
  keys: KeyRing;
  links: LinkKeys;
}

type Names =
  | 'createInvitation'
  | 'getInvitation'
  | 'listInvitations'
  | 'resendInvitation'
  | 'revokeInvitation'
  | 'getPublicInvitation'
  | 'acceptInvitation';

/** Says that a link is wanted, and writes down that it was. */
function announce(tx: TenantTransaction, action: string, invitation: store.Invitation): void {
  const { id: invitation_id, email, roles, generation, expires_at } = invitation;
  const told = { email, roles, generation, expires_at };
  publish(tx, UserInvited, invitation_id, { invitation_id, ...told });
  audit(tx, { action, subject_type: 'invitation', subject_id: invitation_id, after: told });
}

export function invitationHandlers({
  keys,
  links,
}: InvitationDependencies): Pick<Handlers<typeof contract>, Names> {
  /** A link of an earlier generation was revoked by a later one. */
  const openedBy = (enter: PublicContext['enter'], token: string) => {
    const { tenant_id, id, generation } = openedLink(links, 'invitation', token);
    const requireNewest = (invitation: store.Invitation) => {
      if (invitation.generation !== generation) throw notFound('link');
    };
    return { tenant: enter(tenant_id, { kind: 'link', id }), id, requireNewest };
  };

  return {
    createInvitation: async ({ body }, { tenant, caller }) => {
      requireGrantable(caller.roles, body.roles);
      requireWithin(asFarAs(caller), body.roles);
      return tenant.transaction(async (tx) => {
        const email = body.email.toLowerCase();
        const { tenant: business, seats, new_id } = await store.lockForInvitation(tx, email);
        requireRoom(business, 'users', seats.users);
        const now = tenant.now();
        const invitation: store.Invitation = {
          ...{ id: new_id, version: 1, generation: 1, email, roles: [...new Set(body.roles)] },
          ...{ accepted_at: null, revoked_at: null, created_at: now },
          expires_at: invitationExpiry(now),
        };
        store.insertInvitation(tx, invitation);
        announce(tx, 'createInvitation', invitation);
        return store.shown(invitation, now);
      });
    },

    getInvitation: async ({ params }, { tenant }) => {
      const found = await tenant.read((tx) => store.findInvitation(tx, tenant.id, params.id));
      return store.shown(found, tenant.now());
    },

    listInvitations: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findInvitations(tx, tenant, query)),

    resendInvitation: async ({ params, if_match }, { tenant, caller }) =>
      tenant.transaction(async (tx) => {
        const before = await store.lockInvitation(tx, params.id);
        requireVersion(before.version, if_match);
        requireGrantable(caller.roles, before.roles);
        requireWithin(asFarAs(caller), before.roles);
        const now = tenant.now();
        const after = resend(before, now);
        store.updateInvitation(tx, after);
        announce(tx, 'resendInvitation', after);
        return store.shown(after, now);
      }),

    revokeInvitation: async ({ params, if_match }, { tenant }) =>
      tenant.transaction(async (tx) => {
        const before = await store.lockInvitation(tx, params.id);
        requireVersion(before.version, if_match);
        const now = tenant.now();
        const after = revoke(before, now);
        if (after === before) return store.shown(before, now);
        store.updateInvitation(tx, after);
        const subject = { subject_type: 'invitation', subject_id: after.id };
        audit(tx, { action: 'revokeInvitation', ...subject });
        return store.shown(after, now);
      }),

    getPublicInvitation: async ({ params }, { enter }) => {
      const { tenant, id, requireNewest } = openedBy(enter, params.token);
      const found = await tenant.read((tx) => store.findInvitationAndTenant(tx, tenant.id, id));
      const { invitation, tenant: business } = found;
      requireNewest(invitation);
      const { email, roles } = invitation;
      const status = statusOf(invitation, tenant.now());
      return { business_name: business.name, brand: shownBrand(business), email, roles, status };
    },

    acceptInvitation: async ({ params, body }, { enter, user_agent }) => {
      requireUncommon(body.password);
      const { tenant, id, requireNewest } = openedBy(enter, params.token);
      const requireUsable = (invitation: store.Invitation) => {
        requireNewest(invitation);
        requireOpen(invitation, tenant.now());
        return invitation;
      };
      // First a look, so that a used link costs no hash.
      requireUsable(await tenant.read((tx) => store.findInvitation(tx, tenant.id, id)));
      const password_hash = await hashPassword(body.password);
      return tenant.transaction(async (tx) => {
        const {
          tenant: business,
          invitation,
          seats,
          new_id,
        } = await store.lockForAcceptance(tx, id);
        const { email, roles } = requireUsable(invitation);
        requireRoom(business, 'users', seats.users);
        const { first_name, last_name } = body;
        // Whoever holds the link reads the mailbox that it was sent to.
        const verified = { email, email_verified_at: tenant.now() };
        const added = { ...verified, id: new_id, roles, first_name, last_name, password_hash };
        const user = addUser(tx, added);
        store.markAccepted(tx, invitation, user.id);
        const subject = { subject_type: 'invitation', subject_id: id };
        audit(tx, { action: 'acceptInvitation', ...subject, after: user });
        return openSession(tx, keys, { user, tenant: business, user_agent });
      });
    },
  };
}
