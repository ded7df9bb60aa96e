import type { PageRequest, Tenant } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Context, Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { countLogIn } from '../meters.ts';
import { findUser } from '../users/store.ts';
import { requireGrantable } from '../users/user.ts';
import { end } from './end.ts';
import { type LogInDependencies, logIn, logInWithCode } from './log-in.ts';
import { refreshTokens } from './refresh.ts';
import { secondFactorAsked } from './session.ts';
import * as store from './store.ts';

export type SessionDependencies = LogInDependencies;

type Names =
  | 'logIn'
  | 'logInWithSecondFactor'
  | 'refresh'
  | 'logOut'
  | 'listSessions'
  | 'endSession'
  | 'endOtherSessions'
  | 'listSessionsOfUser'
  | 'endSessionsOfUser'
  | 'endSessionOfUser';

async function requireUser(tenant: Tenant, id: string) {
  const user = await tenant.read((tx) => findUser(tx, tenant.id, id));
  if (user === undefined) throw notFound('user');
  return user;
}

/** Whoever could not take this colleague's roles does not throw him out either. */
async function requirePower({ tenant, caller }: Context, user_id: string): Promise<void> {
  const { roles } = await requireUser(tenant, user_id);
  requireGrantable(caller.roles, [], roles);
}

async function answerLogIn(...given: Parameters<typeof logIn>) {
  const { answer, mfa_token } = await logIn(...given);
  if (answer === undefined) throw secondFactorAsked(mfa_token);
  return answer;
}

/** Ends one session of the user; one that is none of his is not there. */
const endOne = (tenant: Tenant, user_id: string, id: string) =>
  tenant.transaction(async (tx) => {
    const done = await end(tx, user_id, { id });
    const isKnown = done.ended > 0 || (await store.isSessionOf(tx, user_id, id, tenant.id));
    if (!isKnown) throw notFound('session');
    return done;
  });

async function listOf({ tenant, caller }: Context, user_id: string, query: PageRequest) {
  const of = { tenant_id: tenant.id, user_id, now: tenant.now() };
  const { data, next_cursor } = await tenant.read((tx) => store.findSessions(tx, of, query));
  const shown = data.map((session) => ({ ...session, current: session.id === caller.session_id }));
  return { data: shown, next_cursor };
}

export function sessionHandlers(
  dependencies: SessionDependencies,
): Pick<Handlers<typeof contract>, Names> {
  return {
    logIn: async ({ body }, asked) => countLogIn(answerLogIn(dependencies, asked, body)),

    logInWithSecondFactor: async ({ body }, asked) =>
      countLogIn(logInWithCode(dependencies, asked, body)),

    refresh: async ({ body }, asked) => refreshTokens(dependencies, asked, body.refresh_token),

    logOut: async (_, { tenant, caller }) =>
      tenant.transaction((tx) => end(tx, caller.user_id, { id: caller.session_id })),

    listSessions: async ({ query }, context) => listOf(context, context.caller.user_id, query),

    endSession: async ({ params }, { tenant, caller }) => endOne(tenant, caller.user_id, params.id),

    endOtherSessions: async (_, { tenant, caller }) =>
      tenant.transaction((tx) => end(tx, caller.user_id, { but: caller.session_id })),

    listSessionsOfUser: async ({ params, query }, context) => {
      await requireUser(context.tenant, params.id);
      return listOf(context, params.id, query);
    },

    endSessionsOfUser: async ({ params }, context) => {
      await requirePower(context, params.id);
      return context.tenant.transaction((tx) => end(tx, params.id));
    },

    endSessionOfUser: async ({ params }, context) => {
      await requirePower(context, params.id);
      return endOne(context.tenant, params.id, params.session_id);
    },
  };
}
