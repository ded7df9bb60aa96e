import { DomainError } from '@roundhouse/errors';
import type { Handlers, PublicContext } from '@roundhouse/service';
import type { Input } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { ACCESS_SECONDS, signMachineToken } from '../keys/access-token.ts';
import { goodHashes, narrow } from '../machine-clients/machine-client.ts';
import { isAmong } from '../machine-clients/secret.ts';
import * as machines from '../machine-clients/store.ts';
import { type LogInDependencies, logIn } from '../sessions/log-in.ts';
import { refreshTokens } from '../sessions/refresh.ts';
import {
  clientOf,
  invalidClient,
  invalidGrant,
  invalidRequest,
  invalidScope,
  unsupportedGrantType,
} from './client-credentials.ts';

type Body = Input<(typeof contract)['routes']['getToken']>['body'];

interface Pair {
  access_token: string;
  refresh_token: string;
  token_type: 'Bearer';
  expires_in: number;
}

const pairOf = ({ access_token, token_type, expires_in, refresh_token }: Pair) => ({
  ...{ access_token, token_type, expires_in, refresh_token },
});

/** Whoever the grant stands for cannot have a token: `invalid_grant`, whatever the reason. */
const AS_GRANT = new Set([
  'credentials_invalid',
  'refresh_token_invalid',
  'user_deactivated',
  'tenant_suspended',
]);

/** What a log-in or a refresh refuses, in the words of RFC 6749 5.2. */
function translate(error: unknown): unknown {
  if (!(error instanceof DomainError)) return error;
  if (AS_GRANT.has(error.code)) return invalidGrant(error.message);
  return error.code === 'subdomain_needed' ? invalidRequest(error.message) : error;
}

const inOAuth = async <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => Promise.reject(translate(error)));

export function oauthHandlers(
  dependencies: LogInDependencies,
): Pick<Handlers<typeof contract>, 'getToken'> {
  const byPassword = async (body: Body, asked: PublicContext) => {
    const { username: email, password, subdomain } = body;
    if (email === undefined || password === undefined) {
      throw invalidRequest('username and password are needed.');
    }
    const given = { email, password, ...(subdomain === undefined ? {} : { subdomain }) };
    const { answer, mfa_token } = await inOAuth(logIn(dependencies, asked, given));
    if (answer !== undefined) return pairOf(answer);
    const detail = 'Send mfa_token and a code to /auth/login/second-factor.';
    throw new DomainError('malformed', 'mfa_required', detail, { members: { mfa_token } });
  };

  const byRefreshToken = async ({ refresh_token }: Body, asked: PublicContext) => {
    if (refresh_token === undefined) throw invalidRequest('refresh_token is needed.');
    return pairOf(await inOAuth(refreshTokens(dependencies, asked, refresh_token)));
  };

  const byClient = async (body: Body, { enter, authorization }: PublicContext) => {
    const { client_id, client_secret } = clientOf(authorization, body);
    const tenant_id = await machines.tenantOfMachineClient(dependencies.database, client_id);
    if (tenant_id === undefined) throw invalidClient();
    const tenant = enter(tenant_id, { kind: 'machine', id: client_id });
    const { client, tenant: business } = await tenant.read((tx) =>
      machines.findWithTenant(tx, tenant_id, client_id),
    );
    const hashes = client === undefined ? [] : goodHashes(client, tenant.now());
    if (client === undefined || !isAmong(client_secret, hashes)) throw invalidClient();
    if (business.suspended_at !== null) throw invalidGrant('The business is suspended.');
    const scopes = narrow(client.scopes, body.scope);
    if (scopes === undefined) throw invalidScope();
    if (machines.isUseToBeWritten(client, tenant.now())) {
      await tenant.transaction(async (tx) => machines.useMachineClient(tx, client_id));
    }
    const { token_version } = client;
    const of = { tenant_id, client_id, scopes, token_version };
    return {
      access_token: signMachineToken(dependencies.keys.signing(), of),
      token_type: 'Bearer' as const,
      expires_in: ACCESS_SECONDS,
      scope: scopes.join(' '),
    };
  };

  return {
    getToken: async ({ body }, asked) => {
      if (body.grant_type === 'password') return byPassword(body, asked);
      if (body.grant_type === 'refresh_token') return byRefreshToken(body, asked);
      if (body.grant_type === 'client_credentials') return byClient(body, asked);
      throw unsupportedGrantType();
    },
  };
}
