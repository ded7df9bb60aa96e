/** Waits for a quiet machine, and says of each run whether it was one. */
import { setTimeout } from 'node:timers/promises';
import { foreignCores, readCpu } from './processes.ts';

/** Beyond this, others decide what is measured. */
export const QUIET_CORES = 0.2;
const LOOK_MS = 1_000;

export interface Quiet {
  /** What is ours: the children of this process, and database servers in these folders. */
  watch(postgres_home: string): void;
  /** Resolves when the machine is quiet, or after the patience of one wait has run out. */
  wait(): Promise<void>;
  /** Runs it once, whatever others do: what it leaves would be in the way of a second run. */
  once<T>(work: () => Promise<T>): Promise<{ result: T; foreign_cores: number }>;
  /** Runs it, again while others disturb it; the quietest run counts. */
  run<T>(work: () => Promise<T>): Promise<{ result: T; foreign_cores: number }>;
}

export interface QuietOptions {
  /** How long one wait may last. */
  patience_ms: number;
  /** How long disturbed runs may be repeated, over the whole bench. */
  repeating_ms: number;
  say: (line: string) => void;
}

export function quietMachine({ patience_ms, repeating_ms, say }: QuietOptions): Quiet {
  const homes: string[] = [];
  const roots = [process.pid];
  const look = () => readCpu(roots, homes);
  let left_ms = repeating_ms;
  let impatient = false;

  const wait = async () => {
    if (impatient) return;
    const gives_up_at = performance.now() + patience_ms;
    for (;;) {
      const before = look();
      await setTimeout(LOOK_MS);
      const foreign = foreignCores(before, look());
      if (foreign < QUIET_CORES) return;
      if (performance.now() < gives_up_at) continue;
      // Whoever works beside us will not stop: the runs are marked from now on.
      impatient = true;
      say(`  Others use ${foreign.toFixed(2)} cores, and go on: what is measured is marked.`);
      return;
    }
  };

  const once = async <T>(work: () => Promise<T>) => {
    const before = look();
    const result = await work();
    return { result, foreign_cores: foreignCores(before, look()) };
  };

  return {
    watch: (home) => void homes.push(home),
    wait,
    once,
    run: async (work) => {
      let best = await once(work);
      while (best.foreign_cores >= QUIET_CORES && left_ms > 0 && !impatient) {
        say(`  Others used ${best.foreign_cores.toFixed(2)} cores: again.`);
        await wait();
        const began = performance.now();
        const again = await once(work);
        left_ms -= performance.now() - began;
        if (again.foreign_cores < best.foreign_cores) best = again;
      }
      return best;
    },
  };
}
