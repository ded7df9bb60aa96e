import { randomUUID } from 'node:crypto';
import type { Database, Origin, Tenant, Trips } from '@roundhouse/database';
import { unauthenticated } from '@roundhouse/errors';
import { current, identify } from '@roundhouse/telemetry/current';
import type { Request } from 'express';
import type { Keyed } from './idempotency.ts';
import type { Role } from './permissions.ts';
import type { Claims, TokenVerifier } from './token.ts';
import type { Trust } from './trust.ts';

/** Who asks: a user or a machine client of one tenant, by the access token that it sent. */
export interface Caller {
  kind: 'user' | 'machine';
  /** Of a machine the id of its client. */
  user_id: string;
  tenant_id: string;
  /** None for a machine. */
  roles: Role[];
  /** What a machine may do, and all that it may; none for a user. */
  scopes: string[];
  session_id: string;
  /** For a call to another service in the caller's name. */
  token: string;
}

/** What a handler may use beside its input. */
export interface Context {
  /** The rows of the caller's tenant. */
  tenant: Tenant;
  caller: Caller;
  request_id: string;
}

/** A public route has no caller; what it was opened with names the tenant. */
export interface PublicContext {
  /** Whom a link lets in is refused where the business is suspended or over its limit. */
  enter(
    tenant_id: string,
    actor: { kind: 'user' | 'machine' | 'link' | 'provider'; id: string | null },
  ): Tenant;
  request_id: string;
  /** For a route that must know again what it began under the same key. */
  idempotency_key: string | undefined;
  address: string | null;
  /** That the client asked for, as the gateway tells it: in lower case, without the port. */
  host: string | null;
  user_agent: string | null;
  /** As it was sent, for a route whose caller proves who it is without an access token. */
  authorization: string | undefined;
}

const REQUEST_ID = /^[\w.-]{1,100}$/;

/** The id that the gateway gave the request, or one of our own. */
export function requestIdOf(request: Request): string {
  const sent = request.headers['x-request-id'];
  if (typeof sent === 'string' && REQUEST_ID.test(sent)) return sent;
  const made = randomUUID();
  request.headers['x-request-id'] = made;
  return made;
}

/**
 * The client's address as the gateway knows it, which overwrites what a client says it is. Without
 * it the last one of the list: that the gateway wrote itself, be it of a proxy before it.
 */
function addressOf(request: Request): string | null {
  const real = request.headers['x-real-ip'];
  if (typeof real === 'string' && real !== '') return real;
  const list = request.headers['x-forwarded-for'];
  if (typeof list !== 'string') return request.socket.remoteAddress ?? null;
  return list.split(',').at(-1)?.trim() || null;
}

/** As the gateway wrote it, whatever the client had sent there. */
const hostOf = ({ headers }: Request): string | null =>
  String(headers['x-forwarded-host'] ?? headers.host ?? '') || null;

/** Who knows a token, and who knows whom not to let in any more. */
export interface Doorkeepers {
  verify: TokenVerifier;
  trust: Trust;
}

export async function authenticate(
  request: Request,
  { verify, trust }: Doorkeepers,
): Promise<Caller> {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) {
    throw unauthenticated('token_missing', 'Send an access token: Authorization: Bearer …');
  }
  const claims = await verify(token);
  identify(claims.tenant_id, claims.sub);
  trust.admit(claims);
  return callerOf(claims, token);
}

function callerOf({ sub, tenant_id, roles, sid, client_id, scope }: Claims, token: string): Caller {
  const who = { user_id: sub, tenant_id, session_id: sid, token };
  if (client_id === undefined) return { kind: 'user', ...who, roles, scopes: [] };
  // Whatever roles such a token has besides, it has its scopes alone.
  return { kind: 'machine', ...who, roles: [], scopes: (scope ?? '').split(' ') };
}

export interface ContextAndTrips {
  context: Context | PublicContext;
  trips: Trips;
}

/** What the handler gets beside its input. */
export function contextOf(
  request: Request,
  { database, trust }: { database: Database; trust: Trust },
  caller: Caller | undefined,
  key: Keyed | undefined,
): ContextAndTrips {
  const request_id = requestIdOf(request);
  const address = addressOf(request);
  const trips: Trips = { count: 0 };
  const scope = current();
  const open = (tenant_id: string, actor_kind: Origin['actor_kind'], actor_id: string | null) => {
    const origin = { actor_kind, actor_id, request_id, address };
    const isPerson = actor_kind === 'user' || actor_kind === 'machine';
    identify(tenant_id, isPerson ? actor_id : undefined, scope);
    const tenant = database.tenant(tenant_id, origin, trips, key?.frame(tenant_id));
    key?.use(tenant);
    return tenant;
  };
  if (caller !== undefined) {
    const tenant = open(caller.tenant_id, caller.kind, caller.user_id);
    return { context: { tenant, caller, request_id }, trips };
  }
  const user_agent = request.headers['user-agent']?.slice(0, 500) ?? null;
  const enter: PublicContext['enter'] = (id, actor) => {
    // A provider tells what has happened already, and who logs in is judged by auth itself.
    if (actor.kind === 'link') trust.admitLink(id);
    return open(id, actor.kind, actor.id);
  };
  const host = hostOf(request);
  const asked = { request_id, idempotency_key: key?.key, address, host, user_agent };
  const { authorization } = request.headers;
  return { context: { enter, ...asked, authorization }, trips };
}
