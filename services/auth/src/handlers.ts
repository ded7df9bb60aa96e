import { audit, type Database, type TenantTransaction } from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers, PublicContext } from '@roundhouse/service';
import { grants } from '@roundhouse/service/contract';
import type { contract } from './contract.ts';
import { TenantCreated } from './events.ts';
import { hashPassword, requireUncommon, verifyPassword } from './password.ts';
import * as session from './session.ts';
import * as store from './store.ts';
import * as tokens from './tokens.ts';

export interface AuthDependencies {
  database: Database;
  key: tokens.SigningKey;
}

export function handlers({ database, key }: AuthDependencies): Handlers<typeof contract> {
  /** A new pair of tokens within a session; only the hash of the refresh token is kept. */
  const issueTokens = (
    tx: TenantTransaction,
    session_id: string,
    { user, tenant }: { user: store.User; tenant: store.Tenant },
  ) => {
    const refresh_token = tokens.newRefreshToken();
    const token_hash = tokens.refreshTokenHash(refresh_token);
    const expires_at = session.refreshExpiry(tx.tenant.now());
    store.insertRefreshToken(tx, { session_id, token_hash, expires_at });
    const of = { user_id: user.id, tenant_id: tenant.id, session_id, roles: user.roles };
    return {
      tenant,
      user,
      access_token: tokens.signAccessToken(key, of),
      refresh_token,
      token_type: 'Bearer' as const,
      expires_in: tokens.ACCESS_SECONDS,
    };
  };

  /** The accounts of the e-mail that this password opens. */
  const accountsFor = async (
    enter: PublicContext['enter'],
    { email, password, subdomain }: { email: string; password: string; subdomain?: string },
  ) => {
    const named = subdomain && (await store.tenantOfSubdomain(database, subdomain));
    const ids = subdomain === undefined ? await store.tenantsOfEmail(database, email) : [named];
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
    signUp: async ({ body }, { enter }) => {
      session.requireFreeSubdomain(body.subdomain);
      requireUncommon(body.password);
      const password_hash = await hashPassword(body.password);
      const { business_name: name, subdomain, vertical, time_zone, currency } = body;
      const id = await store.newTenantId(database);
      const tenant = { id, name, subdomain, vertical, time_zone, currency, version: 1 };
      const { email, first_name, last_name } = body;
      const owner = { email, first_name, last_name, password_hash, roles: ['owner' as const] };
      return enter(id, { kind: 'user', id: null }).transaction(async (tx) => {
        store.insertTenant(tx, tenant);
        const user = await store.insertUser(tx, owner);
        const session_id = await store.insertSession(tx, user.id);
        publish(tx, TenantCreated, id, tenant);
        audit(tx, { action: 'signUp', subject_type: 'tenant', subject_id: id, after: tenant });
        return issueTokens(tx, session_id, { user, tenant });
      });
    },

    logIn: async ({ body }, { enter }) => {
      const { email, password, subdomain } = body;
      const of = { email, password, ...(subdomain === undefined ? {} : { subdomain }) };
      const [account, another] = await accountsFor(enter, of);
      if (account === undefined) throw session.credentialsRefused();
      // Where the password opens one alone it is that one: a stranger who signs up with somebody
      // else's e-mail must not stand in his way.
      if (another !== undefined) {
        throw conflict('subdomain_needed', 'This e-mail has several businesses: send subdomain.');
      }
      const { user, tenant } = account;
      return enter(tenant.id, { kind: 'user', id: user.id }).transaction(async (tx) => {
        const session_id = await store.insertSession(tx, user.id);
        audit(tx, { action: 'logIn', subject_type: 'session', subject_id: session_id });
        return issueTokens(tx, session_id, { user, tenant });
      });
    },

    refresh: async ({ body }, { enter }) => {
      const hash = tokens.refreshTokenHash(body.refresh_token);
      const tenant_id = await store.tenantOfRefreshToken(database, hash);
      if (tenant_id === undefined) throw session.refreshRefused();
      const answer = await enter(tenant_id, { kind: 'user', id: null }).transaction(async (tx) => {
        const token = await store.lockRefreshToken(tx, hash);
        const verdict = token && session.judgeRefreshToken(token, tx.tenant.now());
        if (token === undefined || verdict === 'refused') throw session.refreshRefused();
        const { session_id, user_id } = token;
        if (verdict === 'stolen') {
          // Committed, not thrown: the end of the session must outlive this refusal.
          store.endSession(tx, session_id);
          audit(tx, { action: 'endSession', subject_type: 'session', subject_id: session_id });
          return undefined;
        }
        const account = await store.findAccount(tx, tenant_id, user_id);
        store.useRefreshToken(tx, token.id);
        return issueTokens(tx, session_id, account);
      });
      if (answer === undefined) throw session.refreshRefused();
      return answer;
    },

    getKeys: async () => ({ keys: [tokens.jwkOf(key)] }),

    getMe: async (_, { tenant, caller }) => {
      const user = await tenant.read((tx) => store.findUser(tx, tenant.id, caller.user_id));
      if (user === undefined) throw notFound('user');
      const permissions = [...new Set(user.roles.flatMap((role) => grants[role]))];
      return { ...user, permissions };
    },

    getTenant: async (_, { tenant }) => tenant.read((tx) => store.findTenant(tx, tenant.id)),

    createUser: async ({ body }, { tenant, caller }) => {
      session.requireGrantable(caller.roles, body.roles);
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
}
