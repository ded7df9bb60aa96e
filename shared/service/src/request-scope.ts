import { type Current, within } from '@roundhouse/telemetry/current';
import { isTracing, startSpan } from '@roundhouse/telemetry/span';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { requestIdOf } from './context.ts';
import { type Logger, levelOfAnswer } from './log.ts';
import { routeOf } from './metrics.ts';

const scopeOf = (response: Response): Current => response.locals.scope;

interface Ended {
  route: string;
  /** Undefined where the client did not wait for it. */
  status: number | undefined;
}

function endSpan({ span }: Current, method: string, { route, status }: Ended): void {
  if (span === undefined) return;
  if (route !== '') span.rename(`${method} ${route}`);
  span.set({
    ...(route === '' ? {} : { 'http.route': route }),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
  });
  // A refusal is the caller's failure and none of ours (semantic conventions for HTTP servers).
  if (status === undefined || status >= 500) span.fail(String(status ?? 'aborted'));
  span.end();
}

function beginSpan({ method, headers, httpVersion }: Request): Current['span'] {
  if (!isTracing()) return undefined;
  const { traceparent } = headers;
  return startSpan(method, {
    kind: 'server',
    parent: typeof traceparent === 'string' ? traceparent : null,
    attributes: {
      'http.request.method': method,
      'url.scheme': 'http',
      'network.protocol.version': httpVersion,
    },
  });
}

/**
 * Makes the request what is being worked at, so that whatever is logged, called or announced for
 * it tells of it; and tells how it ended: a change, a refusal and a failure always, a read when
 * debugging. The route is told by its pattern, since a path may hold a link.
 */
export function requestScope(logger: Logger): RequestHandler {
  const debugs = logger.isDebugEnabled();
  const tell = (request: Request, response: Response, came_at: number) => {
    const scope = scopeOf(response);
    const { method } = request;
    const status = response.writableFinished ? response.statusCode : undefined;
    const route = routeOf(request);
    endSpan(scope, method, { route, status });
    const level = levelOfAnswer(method, status);
    if (level === 'debug' && !debugs) return;
    const event = status === undefined ? 'request_aborted' : 'request_answered';
    const duration_ms = Math.round((performance.now() - came_at) * 10) / 10;
    const { code } = response.locals;
    within(scope, () =>
      logger[level]('request', { event, method, route, status, code, duration_ms }),
    );
  };
  return (request, response, next) => {
    const came_at = performance.now();
    const scope: Current = {
      request_id: requestIdOf(request),
      tenant_id: undefined,
      user_id: undefined,
      span: beginSpan(request),
    };
    response.locals.scope = scope;
    response.once('close', () => tell(request, response, came_at));
    within(scope, next);
  };
}

/** Comes back to it: a body that was read in pieces may have led elsewhere. */
export function inScope(
  handle: (request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return (request, response) => within(scopeOf(response), () => handle(request, response));
}

type ErrorHandler = (
  error: unknown,
  request: Request,
  response: Response,
  next: NextFunction,
) => unknown;

export function errorInScope(handle: ErrorHandler): ErrorHandler {
  // Express knows an error handler by its four parameters.
  return (error, request, response, next) =>
    within(scopeOf(response) ?? {}, () => handle(error, request, response, next));
}
