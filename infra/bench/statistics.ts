/** What a list of figures comes to. */

export const sorted = (values: readonly number[]): number[] =>
  values.toSorted((one, other) => one - other);

/** The value below which that part of all lies; 0 of nothing. */
export const percentile = (ascending: readonly number[], part: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? 0;

/** The middle one; of an even number the upper of the two, so that it is a figure that was seen. */
export const median = (values: readonly number[]): number => percentile(sorted(values), 0.5);

export interface Latencies {
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  max_ms: number;
}

export function latenciesOf(times_ms: readonly number[]): Latencies {
  const ascending = sorted(times_ms);
  return {
    p50_ms: percentile(ascending, 0.5),
    p95_ms: percentile(ascending, 0.95),
    p99_ms: percentile(ascending, 0.99),
    max_ms: ascending.at(-1) ?? 0,
  };
}

export interface Point {
  /** Any unit; the slope is per one of it. */
  at: number;
  value: number;
}

/**
 * How much a series rises for each unit of time: the median of the slopes between all pairs
 * (Theil and Sen), which a few outliers, such as a collection of garbage, do not move.
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1)) {
      if (other.at !== one.at) slopes.push((other.value - one.value) / (other.at - one.at));
    }
  }
  if (slopes.length === 0) return 0;
  const ascending = sorted(slopes);
  const middle = ascending.length / 2;
  const low = ascending[Math.ceil(middle) - 1] ?? 0;
  return (low + (ascending[Math.floor(middle)] ?? 0)) / 2;
}
