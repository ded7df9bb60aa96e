import { audit } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import { grants } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { hashPassword, requireUncommon } from '../password.ts';
import * as store from './store.ts';
import { requireGrantable } from './user.ts';

export const userHandlers: Pick<Handlers<typeof contract>, 'getMe' | 'createUser'> = {
  getMe: async (_, { tenant, caller }) => {
    const user = await tenant.read((tx) => store.findUser(tx, tenant.id, caller.user_id));
    if (user === undefined) throw notFound('user');
    const permissions = [...new Set(user.roles.flatMap((role) => grants[role]))];
    return { ...user, permissions };
  },

  createUser: async ({ body }, { tenant, caller }) => {
    requireGrantable(caller.roles, body.roles);
    requireUncommon(body.password);
    const { password, ...rest } = body;
    const password_hash = await hashPassword(password);
    return tenant.transaction(async (tx) => {
      const user = await store.insertUser(tx, { ...rest, password_hash });
      const { email, roles } = user;
      const after = { email, roles };
      audit(tx, { action: 'createUser', subject_type: 'user', subject_id: user.id, after });
      return user;
    });
  },
};
