import { audit, type TenantTransaction } from '@roundhouse/database';
import { notFound, requireVersion } from '@roundhouse/errors';
import type { Caller, Handlers } from '@roundhouse/service';
import { grants, mayAllOf, type Role } from '@roundhouse/service/contract';
import { contract } from '../contract.ts';
import { hashPassword, requireUncommon } from '../passwords/password.ts';
import { end } from '../sessions/end.ts';
import { endTokensOfSubject } from '../standings.ts';
import { requireRoom } from '../tenants/plan.ts';
import { lockTenantAndSeats } from '../tenants/store.ts';
import * as store from './store.ts';
import {
  change,
  deactivate,
  isActive,
  reactivate,
  requireGrantable,
  requireWithin,
} from './user.ts';

type Names =
  | 'getMe'
  | 'changeMe'
  | 'createUser'
  | 'getUser'
  | 'listUsers'
  | 'changeUser'
  | 'deactivateUser'
  | 'reactivateUser';

/** Writes a user as it was decided, with the trail, and ends the tokens that tell otherwise. */
function save(tx: TenantTransaction, action: string, before: store.User, after: store.User): void {
  store.updateUser(tx, after);
  audit(tx, { action, subject_type: 'user', subject_id: after.id, before, after });
  const { id: subject_id, token_version } = after;
  if (token_version === before.token_version) return;
  endTokensOfSubject(tx, { subject_id, kind: 'user', token_version, active: isActive(after) });
}

export const asFarAs = (caller: Caller) => (role: Role) => mayAllOf(caller, role);

/** By the common table and by auth's own contract; what other contracts grant they alone know. */
const grantedTo = (role: Role) => [...grants[role], ...(contract.grants[role] ?? [])];

export const userHandlers: Pick<Handlers<typeof contract>, Names> = {
  getMe: async (_, { tenant, caller }) => {
    const user = await tenant.read((tx) => store.findUser(tx, tenant.id, caller.user_id));
    if (user === undefined) throw notFound('user');
    const permissions = [...new Set(user.roles.flatMap(grantedTo))];
    return { ...user, permissions };
  },

  changeMe: async ({ body, if_match }, { tenant, caller }) =>
    tenant.transaction(async (tx) => {
      const before = await store.lockUser(tx, caller.user_id);
      requireVersion(before.version, if_match);
      const names = body as Partial<Pick<store.User, 'first_name' | 'last_name'>>;
      // Who changes no roles needs none, and leaves the owners as many as they are.
      const after = change(before, names, { held: [], owners: 0 });
      save(tx, 'changeMe', before, after);
      return after;
    }),

  createUser: async ({ body }, { tenant, caller }) => {
    requireGrantable(caller.roles, body.roles);
    requireWithin(asFarAs(caller), body.roles);
    requireUncommon(body.password);
    const { password, ...rest } = body;
    const password_hash = await hashPassword(password);
    return tenant.transaction(async (tx) => {
      const { tenant: business, seats, new_id: id } = await lockTenantAndSeats(tx);
      requireRoom(business, 'users', seats.users);
      const roles = [...new Set(rest.roles)];
      const added = { ...rest, roles, id, password_hash, email_verified_at: null };
      const user = store.addUser(tx, added);
      audit(tx, { action: 'createUser', subject_type: 'user', subject_id: id, after: user });
      return user;
    });
  },

  getUser: async ({ params }, { tenant }) => {
    const user = await tenant.read((tx) => store.findUser(tx, tenant.id, params.id));
    if (user === undefined) throw notFound('user');
    return user;
  },

  listUsers: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findUsers(tx, tenant.id, query)),

  changeUser: async ({ params, body, if_match }, { tenant, caller }) =>
    tenant.transaction(async (tx) => {
      const { user: before, seats } = await store.lockUserAndSeats(tx, params.id);
      requireVersion(before.version, if_match);
      // JSON has no undefined: a field is there or it was not sent.
      const changes = body as Partial<Pick<store.User, 'first_name' | 'last_name' | 'roles'>>;
      const after = change(before, changes, { held: caller.roles, owners: seats.owners });
      requireWithin(asFarAs(caller), after.roles, before.roles);
      save(tx, 'changeUser', before, after);
      return after;
    }),

  deactivateUser: async ({ params, if_match }, { tenant, caller }) =>
    tenant.transaction(async (tx) => {
      const { user: before, seats } = await store.lockUserAndSeats(tx, params.id);
      requireVersion(before.version, if_match);
      const by = { held: caller.roles, owners: seats.owners };
      const after = deactivate(before, by, tenant.now());
      if (after === before) return before;
      await end(tx, after.id);
      save(tx, 'deactivateUser', before, after);
      return after;
    }),

  reactivateUser: async ({ params, if_match }, { tenant, caller }) =>
    tenant.transaction(async (tx) => {
      const { tenant: business, user: before, seats } = await store.lockUserAndSeats(tx, params.id);
      requireVersion(before.version, if_match);
      const after = reactivate(before, { held: caller.roles });
      if (after === before) return before;
      requireWithin(asFarAs(caller), after.roles);
      requireRoom(business, 'users', seats.users);
      save(tx, 'reactivateUser', before, after);
      return after;
    }),
};
