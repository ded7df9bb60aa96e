import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from './span.ts';

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
