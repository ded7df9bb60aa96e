/** A contact or an address, and for what it is the one that is meant when no other is named. */
export interface Primary {
  id: string;
  primary_for: string[];
}

/** Those from whom another one takes something over, each with what it keeps. */
export const yielding = (primaries: readonly Primary[], to: Primary) =>
  primaries
    .filter(({ id, primary_for }) => id !== to.id && primary_for.some(isOf(to)))
    .map(({ id, primary_for }) => ({
      id,
      primary_for,
      kept: primary_for.filter((use) => !isOf(to)(use)),
    }));

const isOf =
  ({ primary_for }: Primary) =>
  (use: string): boolean =>
    primary_for.includes(use);
