/** Runs that were red once: they take part in every run that names no scenario. */
export interface FoundSeed {
  scenario: string;
  seed: number;
  /** What was wrong, and what mended it. */
  why: string;
}

export const alwaysRun: readonly FoundSeed[] = [];
