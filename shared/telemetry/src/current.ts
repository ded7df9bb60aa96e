import { AsyncLocalStorage } from 'node:async_hooks';

/** What is being worked at: a request, an event, or a piece of background work. */
export interface Current {
  /** Where its trace stands, as W3C Trace Context writes it; undefined where nobody traces. */
  traceparent?: () => string | undefined;
}

const storage = new AsyncLocalStorage<Current>();

export const current = (): Current | undefined => storage.getStore();

/** Runs the work, and all that it awaits, as part of this. */
export const within = <T>(what: Current, work: () => T): T => storage.run(what, work);
