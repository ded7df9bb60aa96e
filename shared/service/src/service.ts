import type { Database } from '@roundhouse/database';
import { DomainError, forbidden, notFound } from '@roundhouse/errors';
import express, {
  type Express,
  type Request as ExpressRequest,
  type Response as ExpressResponse,
  type NextFunction,
} from 'express';
import helmet from 'helmet';
import { z } from 'zod';
import { bodyReader, refusalOfReader } from './body-readers.ts';
import {
  authenticate,
  type Context,
  contextOf,
  type PublicContext,
  requestIdOf,
} from './context.ts';
import type { Contract, Input, Output, Route } from './contract.ts';
import { sendCsv } from './csv-answer.ts';
import { withMark } from './cursors.ts';
import { type Keyed, keyedBy, replay } from './idempotency.ts';
import { inputReader } from './input.ts';
import type { Logger } from './log.ts';
import { counter } from './meters.ts';
import { oauthErrorOf } from './oauth-error.ts';
import { openapi } from './openapi.ts';
import { answerOtherMethods } from './other-methods.ts';
import { type Grants, may } from './permissions.ts';
import { problemOf } from './problem.ts';
import { errorInScope, inScope, requestScope } from './request-scope.ts';
import type { TokenVerifier } from './token.ts';
import type { Trust } from './trust.ts';

export type { Caller, Context, PublicContext } from './context.ts';
export type { Logger } from './log.ts';

export interface ServiceDependencies {
  database: Database;
  verify: TokenVerifier;
  trust: Trust;
  logger: Logger;
  /** Tests set it: whatever breaks the contract from inside then fails loudly. */
  strict?: boolean;
}

type ContextOf<R extends Route> = R extends { public: true } ? PublicContext : Context;

export type Handlers<C extends Contract> = {
  [Name in keyof C['routes']]: (
    input: Input<C['routes'][Name]>,
    context: ContextOf<C['routes'][Name]>,
  ) => Promise<Output<C['routes'][Name]>>;
};

type AnyHandler = (input: Input<Route>, context: Context | PublicContext) => Promise<unknown>;

const refusals = counter({
  name: 'roundhouse_refusals_total',
  help: 'Requests that were refused or failed, by the code of the problem.',
  labels: { code: 'open' },
});

/** No contract declares them, and an alert may wait for the first of them. */
const OUTAGES = ['busy', 'database_unavailable', 'service_unavailable', 'internal_error'];

const DEFAULT_MAX_TRIPS = 4;
/** An answer in JSON loads and frames nothing. */
const NOTHING = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] };

interface Served {
  name: string;
  route: Route;
  handle: AnyHandler;
  grants: Grants;
  dependencies: ServiceDependencies;
}

interface Answer {
  result: object;
  body: string;
}

/** Serves one request of a route: who, what, the work, and the answer as the contract has it. */
function serve({ name, route, handle, grants, dependencies }: Served) {
  const read = inputReader(route);
  const { strict = false, logger } = dependencies;
  const keyed = route.method === 'post' && route.idempotency !== 'none';

  const encode = (result: unknown): string =>
    JSON.stringify(withMark(route, z.encode(route.response, result as never)));

  return async (request: ExpressRequest, response: ExpressResponse): Promise<void> => {
    const caller = route.public ? undefined : await authenticate(request, dependencies);
    if (caller && route.permission && !may(caller, route.permission, grants)) {
      throw forbidden('permission_missing', `This needs the permission ${route.permission}.`);
    }
    const input = read(request);
    // What a link opens is its own world: two clients of one business may choose the same key.
    const scope = route.public ? `${name} ${request.path}` : name;
    const key: Keyed | undefined = keyed
      ? keyedBy(request, scope, route.status, encode)
      : undefined;
    const { context, trips } = contextOf(request, dependencies, caller, key);
    if (route.response_type === 'csv') {
      const table = await handle(input, context);
      return sendCsv(response, table as AsyncIterable<string>, logger);
    }
    const answer = await (handle(input, context) as Promise<object>).then(
      (result) => ({ result, body: key?.stored?.body ?? encode(result) }),
      async (error: unknown) => {
        const stored = await replay(error, key);
        if (stored === undefined) throw error;
        response.setHeader('Idempotent-Replayed', 'true');
        return { result: JSON.parse(stored.body), body: stored.body };
      },
    );
    const allowed = route.max_trips ?? DEFAULT_MAX_TRIPS;
    if (trips.count > allowed && !response.hasHeader('Idempotent-Replayed')) {
      if (strict) throw new Error(`${name} took ${trips.count} trips, ${allowed} are allowed.`);
      logger.warn('trips', { event: 'too_many_trips', route: name, trips: trips.count, allowed });
    }
    if (route.cache_seconds !== undefined) {
      response.setHeader('Cache-Control', `public, max-age=${route.cache_seconds}`);
    }
    respond(response, route, answer);
  };
}

function respond(response: ExpressResponse, route: Route, { result, body }: Answer): void {
  // The version of a resource is its entity tag, for If-Match on the next change.
  const { shape = {} } = route.response as Partial<z.ZodObject>;
  const { version } = result as { version?: unknown };
  if ('version' in shape) response.setHeader('ETag', `"${version}"`);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.statusCode = route.status;
  response.end(body);
}

/** Errors of Express' own parts, in our words. */
function translate(error: unknown): unknown {
  // A path such as /%zz, which cannot be decoded, is nothing that exists.
  return error instanceof URIError ? notFound('path') : (refusalOfReader(error) ?? error);
}

function sendProblem(dependencies: ServiceDependencies, declared: Map<string, Route>) {
  const { logger, strict = false } = dependencies;
  // Express knows an error handler by its four parameters.
  return (raw: unknown, request: ExpressRequest, response: ExpressResponse, _: NextFunction) => {
    const error = translate(raw);
    const request_id = requestIdOf(request);
    const { problem, headers } = problemOf(error, request_id);
    response.locals.code = problem.code;
    refusals.count({ code: problem.code });
    const route = declared.get(response.locals.route);
    // A refusal that has no cause says all there is to say: it is neither a bug nor an outage.
    const cause = (error as Error)?.cause ?? (error instanceof DomainError ? undefined : error);
    if (problem.status >= 500 && cause !== undefined) {
      logger.error('failed', { event: 'request_failed', route: route?.path, cause });
    }
    if (strict && error instanceof DomainError && !isDeclared(route, problem)) {
      const said = `${problem.code} (${problem.status})`;
      problem.detail = `${said} is not in the contract: ${problem.detail}`;
      problem.status = 500;
    }
    if (response.headersSent) return response.destroy();
    if (route?.refusal_type === 'oauth') {
      const isOwn = route.errors?.[problem.code] === problem.status;
      const members = error instanceof DomainError ? error.extras.members : undefined;
      const refusal = oauthErrorOf({ problem, headers }, { isOwn, members });
      return endWith(response, { ...refusal, type: 'application/json; charset=utf-8' });
    }
    const { status } = problem;
    return endWith(response, { status, headers, body: problem, type: 'application/problem+json' });
  };
}

interface Refusal {
  status: number;
  headers: Record<string, string>;
  type: string;
  body: object;
}

function endWith(response: ExpressResponse, { status, headers, type, body }: Refusal): void {
  const text = JSON.stringify(body);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', type);
  response.statusCode = status;
  response.end(text);
}

/** What any route may be refused with, besides the refusals of its own. */
const COMMON_CODES = new Set([
  'json_malformed',
  'json_too_deep',
  'text_malformed',
  'body_incomplete',
  'body_too_large',
  'content_type_unsupported',
  'method_not_allowed',
  'charset_unsupported',
  'form_malformed',
  'idempotency_key_malformed',
  'idempotency_key_in_use',
  'answer_redacted',
  'idempotency_key_reused',
  'if_match_malformed',
  'version_stale',
  'token_missing',
  'token_invalid',
  'token_revoked',
  'tenant_suspended',
  'tenant_rate_limited',
  'standings_unavailable',
  'permission_missing',
  'not_found',
  'invalid',
  'cursor_invalid',
  'busy',
  'keys_unavailable',
  'database_unavailable',
  'service_unavailable',
]);

function isDeclared(route: Route | undefined, problem: { status: number; code: string }) {
  const { status, code } = problem;
  // Beside the contract, such as a provider's webhook, there is nothing to declare it in.
  if (route === undefined || COMMON_CODES.has(code)) return true;
  const members = route.members?.[code];
  return route.errors?.[code] === status && (members?.safeParse(problem).success ?? true);
}

/** Known before anything is read, so that also what cannot be read is refused as declared. */
function naming(name: string, route: Route) {
  return (_: ExpressRequest, response: ExpressResponse, next: NextFunction): void => {
    response.locals.route = name;
    // What a token opens is kept by no cache, nor is an answer that carries a secret, which old
    // ones are told as well (RFC 6749 5.1).
    const secret = route.idempotency === 'none';
    if (secret || !route.public) response.setHeader('Cache-Control', 'no-store');
    if (secret) response.setHeader('Pragma', 'no-cache');
    next();
  };
}

/** An Express application that answers exactly what the contract declares. */
export function createService<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  dependencies: ServiceDependencies,
  extend: (app: Express) => void = () => undefined,
): Express {
  const app = express();
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple');
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } }));
  app.get(['/health', '/health/live'], (_, response) => {
    response.json({ status: 'healthy', service: contract.service });
  });
  app.get('/openapi.json', (_, response) => {
    response.json(openapi(contract));
  });
  app.use(requestScope(dependencies.logger));
  for (const code of OUTAGES) refusals.show({ code });
  // What a provider sends is taken as it came, by a reader of its own.
  extend(app);
  for (const [name, route] of Object.entries(contract.routes)) {
    const handle = handlers[name] as unknown as AnyHandler;
    const served = serve({ name, route, handle, grants: contract.grants, dependencies });
    app[route.method](route.path, naming(name, route), bodyReader(route), inScope(served));
    for (const code of Object.keys(route.errors ?? {})) refusals.show({ code });
  }
  answerOtherMethods(app, Object.values(contract.routes));
  app.use(() => {
    throw notFound('path');
  });
  app.use(errorInScope(sendProblem(dependencies, new Map(Object.entries(contract.routes)))));
  return app;
}
