/** What a line of the verdict is: one file each in `verdict/`, which exports `line`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Found } from './effects.ts';
import type { Load } from './load.ts';
import type { Platform } from './platform.ts';
import type { Fault, Scenario } from './scenario.ts';

export interface Case {
  platform: Platform;
  scenario: Scenario;
  /** What was sent and answered; undefined where the scenario had no load. */
  load: Load | undefined;
  /** The load's writes, each with the effects that were found. */
  found: Found[];
  faults: Fault[];
  /** How long it took until no event and no payment was under way any more. */
  drain_ms: number;
}

export interface Finding {
  /** What the table shows, such as a count. */
  figure: string;
  /** What is wrong, with enough to look it up; empty when all is well. */
  wrong: unknown[];
}

export interface Line {
  /** The table's column. */
  column: string;
  /** Where it stands among the columns, from the left. */
  place: number;
  sentence: string;
  /** Asked when the load has ended, what was unknown has converged and nothing is under way. */
  judge(run: Case): Promise<Finding> | Finding;
}

export async function allLines(): Promise<Line[]> {
  const folder = join(import.meta.dirname, 'verdict');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(join(folder, file))));
  return modules.map(({ line }) => line as Line).sort((one, other) => one.place - other.place);
}
