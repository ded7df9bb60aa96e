/** Whether a run is worse than the one before: by ratios, since machines differ and minutes do. */
import { type Finding, moreIsBetter, ratioOf } from './finding.ts';

/** By so much a ratio may fall; less is what the same code varies by. */
export const TOLERANCE = 0.15;

export interface Regression {
  id: string;
  before: number;
  after: number;
  /** Above 0: so much worse, as a part of what it was. */
  worse_by: number;
}

/** The ratios of both runs that got worse by more than is tolerated. */
export function regressions(
  before: readonly Finding[],
  after: readonly Finding[],
  tolerance = TOLERANCE,
): Regression[] {
  return after.flatMap((finding) => {
    const earlier = before.find(({ id }) => id === finding.id);
    const [old_ratio, new_ratio] = [earlier && ratioOf(earlier), ratioOf(finding)];
    if (old_ratio === undefined || new_ratio === undefined || old_ratio === 0) return [];
    const change = (new_ratio - old_ratio) / old_ratio;
    const worse_by = moreIsBetter(finding) ? -change : change;
    if (worse_by <= tolerance) return [];
    return [{ id: finding.id, before: old_ratio, after: new_ratio, worse_by }];
  });
}
