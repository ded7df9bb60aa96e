import { DomainError, type FieldError, type Kind } from '@roundhouse/errors';
import type { z } from 'zod';

/** The only place that knows which HTTP status a refusal has. */
const STATUS: Record<Kind, number> = {
  malformed: 400,
  unauthenticated: 401,
  payment_failed: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  stale: 412,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
};

/** The kind of a refusal that came from another service. */
export function kindOf(status: number): Kind {
  const known = Object.entries(STATUS).find(([, its]) => its === status);
  return (known?.[0] as Kind | undefined) ?? 'malformed';
}

const TITLE: Record<number, string> = {
  400: 'Malformed request',
  401: 'Not authenticated',
  402: 'Payment failed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Invalid input',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  errors?: FieldError[];
}

export interface ProblemAnswer {
  problem: Problem;
  headers: Record<string, string>;
}

/** What the caller is told. Of an error that is not a refusal: nothing but the request id. */
export function problemOf(error: unknown, request_id: string): ProblemAnswer {
  const known = error instanceof DomainError ? error : undefined;
  const status = known === undefined ? 500 : STATUS[known.kind];
  const code = known?.code ?? 'internal_error';
  const headers: Record<string, string> = {};
  const { retry_after_seconds, limit } = known?.extras ?? {};
  if (retry_after_seconds !== undefined) headers['Retry-After'] = String(retry_after_seconds);
  if (limit !== undefined) {
    // As draft-ietf-httpapi-ratelimit-headers-10 has them: the older `RateLimit-Limit` and its kin
    // are the gateway's, which would write its own over ours.
    const { name, requests, window_seconds } = limit;
    headers['RateLimit-Policy'] = `"${name}";q=${requests};w=${window_seconds}`;
    headers.RateLimit = `"${name}";r=0;t=${retry_after_seconds ?? window_seconds}`;
  }
  // RFC 6750 3: a refused token is named as such.
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer error="invalid_token"';
  const problem: Problem = {
    // First, so that none of them takes the place of what every problem has.
    ...known?.extras.members,
    type: `urn:roundhouse:problem:${code}`,
    title: TITLE[status] ?? 'Error',
    status,
    detail: known?.message ?? 'Something went wrong on our side. It has been noted.',
    code,
    request_id,
    ...(known?.extras.errors === undefined ? {} : { errors: known.extras.errors }),
  };
  return { problem, headers };
}

/** A refusal as it looks, for whoever reads the documents. */
export const problemExample = (status: number, code: string): Problem => ({
  type: `urn:roundhouse:problem:${code}`,
  title: TITLE[status] ?? 'Error',
  status,
  detail: `${TITLE[status] ?? 'Error'}.`,
  code,
  request_id: '7eb95272-d9bc-4e23-a67c-e69ec4722174',
});

const escapeSegment = (part: PropertyKey) =>
  String(part).replaceAll('~', '~0').replaceAll('/', '~1');

/** The fields that Zod found wrong, each with a JSON Pointer (RFC 6901). */
export function fieldErrors({ issues }: z.ZodError): FieldError[] {
  return issues.slice(0, 50).flatMap((issue) => {
    const path = issue.path.map((part) => `/${escapeSegment(part)}`).join('');
    if (issue.code !== 'unrecognized_keys') {
      return [{ pointer: path, code: issue.code, detail: issue.message }];
    }
    const detail = 'This field is not known here.';
    return issue.keys.map((key) => ({
      pointer: `${path}/${escapeSegment(key)}`,
      code: 'unknown_field',
      detail,
    }));
  });
}
