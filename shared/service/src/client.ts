import { DomainError, unavailable } from '@roundhouse/errors';
import { type SpanOptions, traced } from '@roundhouse/telemetry/span';
import CircuitBreaker from 'opossum';
import { z } from 'zod';
import { type Ask, askOneOf } from './addresses.ts';
import { type Called, measured, watchBreaker } from './client-meters.ts';
import type { Contract, Input, Output, Route } from './contract.ts';
import { kindOf } from './problem.ts';

/** In whose name a call goes out. */
export interface CallOptions {
  token?: string;
  request_id?: string;
}

type CallInput<R extends Route> = {
  [Part in 'params' | 'query' | 'body' as R[Part] extends z.ZodType
    ? Part
    : never]: Part extends 'query' ? Partial<Input<R>[Part]> : Input<R>[Part];
};

export type Client<C extends Contract> = {
  [Name in keyof C['routes']]: (
    input: CallInput<C['routes'][Name]>,
    options?: CallOptions,
  ) => Promise<Output<C['routes'][Name]>>;
};

const TIMEOUT_MS = 3_000;

const Refusal = z.object({ code: z.string(), detail: z.string() });

interface Call {
  /** The pattern of the route, as it is counted. */
  template: string;
  path: string;
  init: { method: string; headers: Record<string, string>; body: string | null };
}

function requestFor(route: Route, input: Partial<Input<Route>>, options: CallOptions): Call {
  const params = (input.params ?? {}) as Record<string, string>;
  const path = route.path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(String(params[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  if (options.request_id !== undefined) headers['x-request-id'] = options.request_id;
  const body = route.body ? JSON.stringify(z.encode(route.body, input.body as never)) : null;
  const method = route.method.toUpperCase();
  return { template: route.path, path: `${path}?${query}`, init: { method, headers, body } };
}

/** A refusal of the other service, which is an answer and not a failure of the call. */
async function refusalOf(answer: Response): Promise<DomainError> {
  const { code, detail } = Refusal.parse(await answer.json());
  return new DomainError(kindOf(answer.status), code, detail);
}

const sendBy =
  (peer: string, ask: Ask) =>
  async ({ template, path, init }: Call): Promise<Response> => {
    const called = {
      service_peer_name: peer,
      http_request_method: init.method,
      url_template: template,
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await traced(`${init.method} ${template}`, spanOf(called), async (span) => {
      const headers: Record<string, string> = { ...init.headers };
      if (span !== undefined) headers.traceparent = span.traceparent;
      const got = await measured(called, () => ask(path, { ...init, headers, signal }));
      span?.set({ 'http.response.status_code': got.status });
      if (got.status >= 400) span?.fail(String(got.status));
      return got;
    });
    // By the pattern: it is logged, and a path may hold what a log may not.
    if (answer.status >= 500) throw new Error(`${peer}${template} answered ${answer.status}`);
    return answer;
  };

const spanOf = (called: Called): SpanOptions => ({
  kind: 'client',
  attributes: {
    'http.request.method': called.http_request_method,
    'url.template': called.url_template,
    'service.peer.name': called.service_peer_name,
  },
});

/**
 * Calls another service by its contract, at one address or at several (`http://a,http://b`): 3 s at
 * most, once more where it is safe, and no calls at all for a while when most of them fail.
 */
export function createClient<C extends Contract>(contract: C, addresses: string): Client<C> {
  const breaker = new CircuitBreaker(sendBy(contract.service, askOneOf(addresses)), {
    timeout: false,
    resetTimeout: 2_000,
    volumeThreshold: 10,
  });
  watchBreaker(contract.service, breaker);
  const call = async (route: Route, input: Partial<Input<Route>>, options: CallOptions = {}) => {
    const request = requestFor(route, input, options);
    const once = () => breaker.fire(request);
    const answer = await once()
      .catch((error: unknown) =>
        route.method === 'get' || route.safe ? once() : Promise.reject(error),
      )
      .catch((error: unknown) => {
        const told = unavailable('service_unavailable', `${contract.service} does not answer.`);
        told.cause = error;
        throw told;
      });
    if (!answer.ok) throw await refusalOf(answer);
    return z.decode(route.response, (await answer.json()) as never);
  };
  const entries = Object.entries(contract.routes).map(([name, route]) => [
    name,
    (input: Partial<Input<Route>>, options?: CallOptions) => call(route, input, options),
  ]);
  return Object.fromEntries(entries);
}
