import { setTimeout } from 'node:timers/promises';

/** Tries until the check passes; what it says in the end is the last failure. */
export async function eventually<T>(check: () => Promise<T>, deadline_ms = 10_000): Promise<T> {
  const until = performance.now() + deadline_ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await setTimeout(25);
  }
}
