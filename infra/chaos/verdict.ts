/** What a line of the verdict is: one file each in `verdict/`, which exports `line`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Load } from './load.ts';
import type { Platform } from './platform.ts';
import type { Fault, Scenario } from './scenario.ts';

export interface Case {
  platform: Platform;
  scenario: Scenario;
  /** What was sent and answered; undefined where the scenario had no load. */
  load: Load | undefined;
  faults: Fault[];
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
  /** Comes when the load has ended and what was unknown has converged; may wait for its state. */
  judge(run: Case): Promise<Finding>;
}

export async function allLines(): Promise<Line[]> {
  const folder = join(import.meta.dirname, 'verdict');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(join(folder, file))));
  return modules.map(({ line }) => line as Line).sort((one, other) => one.place - other.place);
}
