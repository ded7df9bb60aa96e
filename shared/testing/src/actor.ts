import type { Contract, Route, WireBody, WireOutput } from '@roundhouse/service/contract';
import type { z } from 'zod';

/** What came back, as it was on the wire. */
export interface Answer<R extends Route = Route> {
  status: number;
  headers: Headers;
  body: WireOutput<R>;
  /** The stable code of a refusal. */
  code: string | undefined;
}

type WireInput<R extends Route> = (R['params'] extends z.ZodType
  ? { params: Record<string, string> }
  : { params?: never }) &
  (R['query'] extends z.ZodType ? { query?: Record<string, string> } : { query?: never }) &
  (R['body'] extends z.ZodType ? { body: WireBody<R> } : { body?: never });

interface RequestExtras {
  idempotency_key?: string;
  if_match?: number;
}

/** Somebody who calls a service by its contract. */
export interface Actor<C extends Contract> {
  tenant_id: string;
  token: string | undefined;
  /** Calls an operation, and expects it to succeed. */
  does<Name extends keyof C['routes']>(
    name: Name,
    input: WireInput<C['routes'][Name]>,
    extras?: RequestExtras,
  ): Promise<WireOutput<C['routes'][Name]>>;
  /** Calls an operation, and takes whatever answer comes. */
  tries<Name extends keyof C['routes']>(
    name: Name,
    input: WireInput<C['routes'][Name]>,
    extras?: RequestExtras,
  ): Promise<Answer<C['routes'][Name]>>;
}

interface ActorOptions {
  base_url: string;
  tenant_id: string;
  token: string | undefined;
}

interface RawInput {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
}

/** An answer outside its contract is a failed test, whatever the test was about. */
function checkAgainst(route: Route, name: string, answer: Answer): void {
  if (answer.status === 500)
    throw new Error(`${name} answered 500: ${JSON.stringify(answer.body)}`);
  if (answer.status !== route.status) return;
  const shape = route.response.safeDecode(answer.body as never);
  if (!shape.success)
    throw new Error(`${name} answered outside its schema: ${shape.error.message}`);
}

export function anActor<C extends Contract>(contract: C, options: ActorOptions): Actor<C> {
  const tries = async (name: string, input: RawInput, extras: RequestExtras = {}) => {
    const route = contract.routes[name] as Route;
    const path = route.path.replace(/:(\w+)/g, (_, key) => input.params?.[key] ?? '');
    const url = new URL(path, options.base_url);
    for (const [key, value] of Object.entries(input.query ?? {})) url.searchParams.set(key, value);
    const headers = new Headers();
    if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
    if (input.body !== undefined) headers.set('content-type', 'application/json');
    if (extras.idempotency_key) headers.set('idempotency-key', extras.idempotency_key);
    if (extras.if_match !== undefined) headers.set('if-match', `"${extras.if_match}"`);
    const body = input.body === undefined ? null : JSON.stringify(input.body);
    const response = await fetch(url, { method: route.method.toUpperCase(), headers, body });
    const json = (await response.json()) as { code?: string };
    const code = response.ok ? undefined : json.code;
    const answer = { status: response.status, headers: response.headers, body: json, code };
    checkAgainst(route, name, answer as Answer);
    return answer;
  };
  const does = async (name: string, input: RawInput, extras?: RequestExtras) => {
    const answer = await tries(name, input, extras);
    if (answer.status < 300) return answer.body;
    throw new Error(`${name} was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const { tenant_id, token } = options;
  return { tenant_id, token, does, tries } as unknown as Actor<C>;
}
