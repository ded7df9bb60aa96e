/** Waiting for what others bring about: by looking, since nobody tells. */
import { setTimeout } from 'node:timers/promises';

const LOOK_EVERY_MS = 200;

/** Looks until it holds or the time is over; answers after how many milliseconds it did. */
export async function holdsWithin(
  limit_ms: number,
  holds: () => Promise<boolean> | boolean,
  every_ms = LOOK_EVERY_MS,
): Promise<number | undefined> {
  const began = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - began;
    if (performance.now() - began > limit_ms) return undefined;
    await setTimeout(every_ms);
  }
}

/** The same where there is no going on without it. */
export async function untilHolds(
  what: string,
  limit_ms: number,
  holds: () => Promise<boolean> | boolean,
  every_ms = LOOK_EVERY_MS,
): Promise<void> {
  if ((await holdsWithin(limit_ms, holds, every_ms)) === undefined) {
    throw new Error(`${what}: not within ${limit_ms} ms`);
  }
}
