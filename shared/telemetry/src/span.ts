import { DomainError } from '@roundhouse/errors';
import { type Attributes, current, type Span, within } from './current.ts';

export type { Attributes, Span };

export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer';
  attributes?: Attributes;
  /** From whom the trace comes where it is not what is being worked at; null begins one. */
  parent?: string | null | undefined;
  /** What it has to do with besides, as traceparents. */
  links?: readonly string[];
}

export type Tracer = (name: string, options: SpanOptions, parent: Span | undefined) => Span;

let tracer: Tracer | undefined;

/** Undefined traces nothing, which costs a look at a variable. */
export function setTracer(next: Tracer | undefined): void {
  tracer = next;
}

export const isTracing = (): boolean => tracer !== undefined;

/** Begins a span below what is being worked at; undefined where nobody traces. */
export function startSpan(name: string, options: SpanOptions = {}): Span | undefined {
  return tracer?.(name, options, current()?.span);
}

const SHORT = /^[\w.-]{1,64}$/;

/** One word for what went wrong: an SQLSTATE, a system's code, the class of the error. */
function typeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && SHORT.test(code)) return code;
  return typeof name === 'string' && SHORT.test(name) ? name : '_OTHER';
}

/** A refusal is an answer; what nobody could answer has failed. */
export function tellError(span: Span, error: unknown): void {
  const refused = error instanceof DomainError && error.kind !== 'unavailable';
  if (refused) span.set({ 'roundhouse.refusal': error.code });
  else span.fail(typeOf(error));
}

/** Does the work in a span of its own. */
export async function traced<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  const span = startSpan(name, options);
  if (span === undefined) return work(undefined);
  try {
    return await within({ ...current(), span }, () => work(span));
  } catch (error) {
    tellError(span, error);
    throw error;
  } finally {
    span.end();
  }
}
