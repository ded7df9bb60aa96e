import { setTimeout as pause } from 'node:timers/promises';
import { type Runner, type RunnerOptions, run } from 'graphile-worker';
import type { Consumer, LinkState } from './transport.ts';

/** How long it is left in peace after it has ended by itself. */
const AGAIN_MS = 1_000;

/**
 * Keeps a runner of graphile-worker at work. One by itself does not start without its database, and
 * ends where the database goes away before a job that was done is marked so; that job comes again.
 */
export function keepRunning(options: RunnerOptions, onState: (state: LinkState) => void): Consumer {
  const stopping = new AbortController();
  const { signal } = stopping;
  let runner: Runner | undefined;
  let is_up: boolean | undefined;

  const tell = (state: LinkState) => {
    if (signal.aborted || state.is_up === is_up) return;
    is_up = state.is_up;
    onState(state);
  };
  const once = async () => {
    runner = await run(options);
    tell({ is_up: true });
    // It was asked to stop before there was anything to be stopped.
    if (signal.aborted) runner.stop().catch(() => undefined);
    await runner.promise;
  };
  const keep = async () => {
    while (!signal.aborted) {
      await once().catch((error: unknown) => tell({ is_up: false, error }));
      runner = undefined;
      await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const kept = keep();

  return {
    stop: async () => {
      stopping.abort();
      // One that is just ending by itself says that it is stopped already.
      await runner?.stop().catch(() => undefined);
      await kept;
    },
  };
}
