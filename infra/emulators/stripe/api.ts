import { createHash } from 'node:crypto';
import { retrieveAccount } from './accounts.ts';
import { API_VERSION, type Context, PLATFORM } from './context.ts';
import { invalidRequest, notEmulated, StripeError } from './errors.ts';
import { expandAll } from './expand.ts';
import { canonical, type Form, parseForm } from './form.ts';
import { recall, remember } from './idempotency.ts';
import { ROUTES, type Route } from './routes.ts';
import type { Store } from './store.ts';

export type ApiRequest = {
  id: string;
  method: string;
  path: string;
  form_text: string;
  authorization: string | undefined;
  version: string | undefined;
  account: string | undefined;
  idempotency_key: string | undefined;
};

export type Answer = {
  status: number;
  body: string;
  /** The first request under the same key, when this answer is its replay. */
  original_request?: string;
};

type Dependencies = { store: Store; key: string; now: () => Date };

/** Who asks, and for which account. Throws before anything of the request is looked at. */
export function admit({ store, key, now }: Dependencies, request: ApiRequest): Context {
  requireKey(request.authorization, key);
  if (request.version !== undefined && request.version !== API_VERSION) {
    throw invalidRequest(`Invalid Stripe API version: ${request.version}`);
  }
  if ((request.idempotency_key?.length ?? 0) > 255) {
    throw invalidRequest('Idempotency keys can have up to 255 characters.');
  }
  const context: Context = {
    store,
    account_id: PLATFORM,
    now: Math.floor(now().getTime() / 1000),
    request: { id: request.id, idempotency_key: request.idempotency_key ?? null },
  };
  if (request.account === undefined) return context;
  return { ...context, account_id: retrieveAccount(context, request.account).id };
}

/** Does what the request asks: its effect, events and remembered answer are one transaction. */
export function perform(context: Context, request: ApiRequest): Answer {
  const form = parseForm(request.form_text);
  const [route, id] = routeOf(request);
  if (route.method === 'GET') return render(() => run(context, { route, form, id }));
  const key = context.request.idempotency_key;
  if (key === null) {
    return render(() => context.store.transaction(() => run(context, { route, form, id })));
  }
  return once(context, { key, fingerprint: fingerprintOf(request, form) }, () =>
    run(context, { route, form, id }),
  );
}

/** Fails a request as if Stripe had broken while it worked: the key keeps the failure. */
export function breakDown(context: Context, request: ApiRequest, error: StripeError): Answer {
  const key = context.request.idempotency_key;
  if (key === null) return refusal(error);
  const fingerprint = fingerprintOf(request, parseForm(request.form_text));
  return once(context, { key, fingerprint }, () => error);
}

export function refusal(error: StripeError): Answer {
  return { status: error.status, body: JSON.stringify({ error: error.fields }, null, 2) };
}

function once(
  context: Context,
  { key, fingerprint }: { key: string; fingerprint: string },
  work: () => object,
): Answer {
  return context.store.transaction(() => {
    const first = recall(context, key, fingerprint);
    if (first !== undefined) {
      return { status: first.status, body: first.body, original_request: first.request_id };
    }
    const answer = render(() => context.store.transaction(work));
    remember(context, key, { fingerprint, ...answer });
    return answer;
  });
}

function run(
  context: Context,
  { route, form, id }: { route: Route; form: Form; id: string },
): object {
  const prepared = route.prepare(form, id);
  const result = prepared.run(context);
  return result instanceof StripeError ? result : expandAll(context, result, prepared.expand);
}

/** What the operation threw is its answer too, unless nobody may remember it. */
function render(work: () => object): Answer {
  try {
    const result = work();
    if (result instanceof StripeError) return refusal(result);
    return { status: 200, body: JSON.stringify(result, null, 2) };
  } catch (error) {
    if (error instanceof StripeError && error.memory === 'keep') return refusal(error);
    throw error;
  }
}

function routeOf({ method, path }: ApiRequest): [Route, string] {
  for (const route of ROUTES) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match !== null) return [route, match[1] ?? ''];
  }
  throw notEmulated(`${method} ${path}`);
}

function fingerprintOf({ method, path }: ApiRequest, form: Form): string {
  return createHash('sha256')
    .update(`${method} ${path} ${canonical(form)}`)
    .digest('hex');
}

function requireKey(authorization: string | undefined, key: string): void {
  if (authorization === `Bearer ${key}`) return;
  const message =
    authorization === undefined ? 'You did not provide an API key.' : 'Invalid API Key provided.';
  throw new StripeError(401, { type: 'invalid_request_error', message });
}
