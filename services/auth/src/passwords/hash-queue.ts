import { unavailable } from '@roundhouse/errors';

export interface HashQueueLimits {
  /** Works that run at once: as many as there are cores to run them. */
  at_once: number;
  /** Works that wait at most; whoever comes then is sent away at once. */
  waiting: number;
  longest_wait_ms: number;
}

export interface HashQueue {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses where `run` would, before anything else is done for the asker. */
  requireRoom(): void;
}

interface Waiting {
  start: () => void;
  timer: NodeJS.Timeout;
}

const busy = () => unavailable('busy', 'Too many log in at once. Try again.');

/**
 * Lets so many works run at once, in the order in which they came, and says "busy" (503) to whoever
 * would wait too long: each password hash takes 19 MiB and a core for some 30 ms, and without a
 * bound a crowd at the door would take all memory and answer nobody.
 */
export function hashQueue({ at_once, waiting: most, longest_wait_ms }: HashQueueLimits): HashQueue {
  const waiting: Waiting[] = [];
  let running = 0;

  const wait = () =>
    new Promise<void>((resolve, reject) => {
      const place: Waiting = {
        start: resolve,
        timer: setTimeout(() => {
          waiting.splice(waiting.indexOf(place), 1);
          reject(busy());
        }, longest_wait_ms),
      };
      waiting.push(place);
    });

  const requireRoom = () => {
    if (running >= at_once && waiting.length >= most) throw busy();
  };

  return {
    requireRoom,
    run: async (work) => {
      requireRoom();
      // Whoever was waiting takes the place of the work that ended, so nobody comes in between.
      if (running >= at_once) await wait();
      else running += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else {
          clearTimeout(next.timer);
          next.start();
        }
      }
    },
  };
}
