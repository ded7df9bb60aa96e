import { setTimeout } from 'node:timers/promises';

export interface LoopOptions {
  /** For what fell due by the passing of time, and for what a crash left behind. */
  poll_ms: number;
  /** Answers whether there is more to do at once. */
  turn: () => Promise<boolean>;
  onError: (error: unknown) => void;
  /** How long to wait after a wake-up, so that what comes meanwhile goes along. */
  gatherMs?: () => number;
}

export interface Loop {
  /** Makes it look at once. */
  wake(): void;
  /** Ends after the turn that is under way. */
  stop(): Promise<void>;
}

/** Turns while there is something to do, and then when it is woken, or after a while by itself. */
export function startLoop({ poll_ms, turn, onError, gatherMs = () => 0 }: LoopOptions): Loop {
  const stopping = new AbortController();
  let wake = () => {};

  const run = async () => {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const more = await turn().catch((error: unknown) => {
        onError(error);
        return false;
      });
      if (more || stopping.signal.aborted) continue;
      const poll = new AbortController();
      const polled = setTimeout(poll_ms, undefined, { signal: poll.signal }).catch(() => undefined);
      await Promise.race([woken, polled]);
      poll.abort();
      await setTimeout(gatherMs());
    }
  };
  const ended = run();

  return {
    wake: () => wake(),
    stop: async () => {
      stopping.abort();
      wake();
      await ended;
    },
  };
}
