/** What kind of "no" it is. `shared/service` alone knows which HTTP status each one has. */
export type Kind =
  | 'malformed'
  | 'unauthenticated'
  | 'payment_failed'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'stale'
  | 'too_large'
  | 'unsupported_media_type'
  | 'invalid'
  | 'rate_limited'
  | 'unavailable';

/** What is wrong with one field of the input. `pointer` is a JSON Pointer (RFC 6901). */
export interface FieldError {
  pointer: string;
  code: string;
  detail: string;
}

export interface Extras {
  /** For input: each field that is wrong. */
  errors?: FieldError[];
  /** Further members of the problem document, such as the allowed transitions. */
  members?: Record<string, unknown>;
  /** For `unavailable` and `rate_limited`: when to try again. */
  retry_after_seconds?: number;
  /** For `rate_limited`: which limit it was, of how many requests in how long. */
  limit?: { name: string; requests: number; window_seconds: number };
}

/** A refusal with a stable code and a sentence; whatever else is thrown is a bug or an outage. */
export class DomainError extends Error {
  readonly kind: Kind;
  readonly code: string;
  readonly extras: Extras;

  constructor(kind: Kind, code: string, detail: string, extras: Extras = {}) {
    super(detail);
    this.name = 'DomainError';
    this.kind = kind;
    this.code = code;
    this.extras = extras;
  }
}

export const conflict = (code: string, detail: string, members?: Record<string, unknown>) =>
  new DomainError('conflict', code, detail, members && { members });

export const forbidden = (code: string, detail: string) =>
  new DomainError('forbidden', code, detail);

/** Also for the row of another tenant: that it exists is not told. */
export const notFound = (noun: string) =>
  new DomainError('not_found', 'not_found', `There is no such ${noun.replaceAll('_', ' ')}.`);

/** Input of the right shape that makes no sense here. The pointer names the field in the body. */
export const invalid = (code: string, pointer: string, detail: string) =>
  new DomainError('invalid', code, detail, { errors: [{ pointer, code, detail }] });

export const malformed = (code: string, detail: string) =>
  new DomainError('malformed', code, detail);

export const unauthenticated = (code: string, detail: string) =>
  new DomainError('unauthenticated', code, detail);

export const unavailable = (code: string, detail: string) =>
  new DomainError('unavailable', code, detail, { retry_after_seconds: 1 });

/** The optimistic lock: the caller's `If-Match` names another version than the stored one. */
export function requireVersion(stored: number, expected: number | undefined): void {
  if (expected === undefined || expected === stored) return;
  throw new DomainError('stale', 'version_stale', `The stored version is ${stored}.`);
}
