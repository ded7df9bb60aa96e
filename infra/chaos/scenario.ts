/** What a scenario is: one file each in `scenarios/`, which exports `scenario`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Load, Outcome } from './load.ts';
import type { Platform, PlatformNeeds, TransportName } from './platform.ts';
import type { Random } from './random.ts';

export interface FaultOptions {
  /**
   * Which failed requests it excuses: all by default, from its beginning until it has ended and
   * `after_ms` more. A request counts where any part of its time lies in between.
   */
  excuses?: (outcome: Outcome) => boolean;
  /** Which answers below 500 it excuses as well: none by default. */
  also?: (outcome: Outcome) => boolean;
  /** 5 s by default. */
  after_ms?: number;
}

/** One stretch of trouble, in milliseconds of the load's own clock. */
export interface Fault extends Required<FaultOptions> {
  name: string;
  began_ms: number;
  ended_ms: number;
}

/** What a scenario works with. */
export interface Stage {
  platform: Platform;
  /** The load that is running; undefined where the scenario has said `load: 'none'`. */
  load: Load;
  /** The scenario's own generator, of the run's seed. */
  random: Random;
  /** How long it may take, from `--seconds`. */
  seconds: number;
  /** `full` times what is left of a minute: fewer rounds in a short run, never less than one. */
  rounds(full: number): number;
  pause(ms: number): Promise<void>;
  /** Does something bad; from its beginning to its end requests may fail. */
  fault<T>(name: string, options: FaultOptions, act: () => Promise<T>): Promise<T>;
  /** An expectation of this scenario beyond the common ones. */
  check(what: string, holds: boolean, detail?: string): void;
  /** A figure for the table's last column, with its goal beside it. */
  figure(what: string, value: string, goal?: string): void;
}

export interface Scenario {
  /** As the catalogue has it: `F1`, `C11`. */
  id: string;
  /** What is done, in a sentence. */
  sentence: string;
  /** Both by default. */
  transports?: readonly TransportName[];
  /** How the platform is to be started for it: scenarios with equal needs share one. */
  needs?: PlatformNeeds;
  /** Why it can't run here and now; undefined where it can. */
  skip?: (transport: TransportName) => string | undefined;
  /** Mixed load by default, `none` where it brings its own callers. */
  load?: 'mixed' | 'none';
  /** Requests a second, where it wants another rate than the run's. */
  per_second?: number;
  /** Takes part when no scenario is named. False for what takes a night or is part of another. */
  by_default?: boolean;
  expects?: {
    /** Dead letters that it leaves; 0 by default, and always those of its own making alone. */
    dead_letters?: number;
    /** From a fault's beginning to the last failed request; judged by the limit. */
    recovery?: { goal_ms: number; limit_ms: number };
  };
  run(stage: Stage): Promise<void>;
}

export async function allScenarios(): Promise<Scenario[]> {
  const folder = join(import.meta.dirname, 'scenarios');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(join(folder, file))));
  const scenarios = modules.map(({ scenario }) => scenario as Scenario);
  const number = ({ id }: Scenario) => Number(id.replace(/\D/g, ''));
  const letter = ({ id }: Scenario) => (id.startsWith('F') ? 0 : 1);
  return scenarios.sort((one, other) => letter(one) - letter(other) || number(one) - number(other));
}
