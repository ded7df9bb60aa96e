import { AsyncLocalStorage } from 'node:async_hooks';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work as a trace shows it. No attribute is a person's, a secret or a whole path. */
export interface Span {
  readonly trace_id: string;
  /** As whoever goes on with the trace is to be told (W3C Trace Context). */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** It has failed, in which of few ways: never an error's text, which may hold anything. */
  fail(error_type: string): void;
  /** One that is never ended is never told of. */
  end(): void;
}

/** What is being worked at: a request, an event, or a piece of background work. */
export interface Current {
  /** Of the request, or of the event that caused the work. */
  request_id?: string | undefined;
  tenant_id?: string | undefined;
  /** The user or the machine client in whose name it is done. */
  user_id?: string | undefined;
  /** Undefined where nobody traces. */
  span?: Span | undefined;
}

const storage = new AsyncLocalStorage<Current>();

export const current = (): Current | undefined => storage.getStore();

/** Runs the work, and all that it awaits, as part of this. */
export const within = <T>(what: Current, work: () => T): T => storage.run(what, work);

/** Says who it is that asks, as soon as that is known. */
export function identify(
  tenant_id: string,
  user_id: string | null | undefined,
  scope = current(),
): void {
  if (scope === undefined) return;
  scope.tenant_id = tenant_id;
  scope.user_id = user_id ?? undefined;
}
