/** What one row of the bench has found, beside what was asked of it. */

export type Unit = '/s' | 'ms' | 's' | 'MB' | 'times';

export interface Goal {
  /** What is held against the goal: the ratio, or the figure itself. */
  of: 'ratio' | 'figure';
  at_least?: number;
  at_most?: number;
}

export interface Finding {
  /** Stable: runs are compared by it. */
  id: string;
  what: string;
  figure: number;
  unit: Unit;
  /** The same work without our code, in the same minutes. */
  reference?: { what: string; figure: number };
  goal?: Goal;
  /** What a reader needs to know beside the figure. */
  note?: string;
  /** Cores that others used meanwhile; the most of all runs. */
  foreign_cores?: number;
}

/** A row that could not be run here, and why. */
export interface Skipped {
  id: string;
  what: string;
  why: string;
}

/** Undefined where there is no reference, or it did nothing. */
export function ratioOf({ figure, reference }: Finding): number | undefined {
  if (reference === undefined || reference.figure === 0) return undefined;
  return figure / reference.figure;
}

/** Undefined where nothing was asked of it. */
export function isMet(finding: Finding): boolean | undefined {
  const { goal } = finding;
  if (goal === undefined) return undefined;
  const value = goal.of === 'ratio' ? ratioOf(finding) : finding.figure;
  if (value === undefined || !Number.isFinite(value)) return false;
  return value >= (goal.at_least ?? -Infinity) && value <= (goal.at_most ?? Infinity);
}

/** Whether more of it is better: a rate is, a time or a size is not. */
export const moreIsBetter = ({ unit, goal }: Finding): boolean =>
  goal === undefined ? unit === '/s' : goal.at_least !== undefined;
