/** Counts of one limit, by whom they count for. They outlive a reload of the configuration. */
export type Counts = { startedAt: number; of: Map<string, number> };

/** A fixed window of the calendar, in UTC: its counts start anew with the clock's next period. */
export type Window = {
  period: 'Second' | 'Minute' | 'Hour';
  key: 'second' | 'minute' | 'hour';
  limit: number;
  milliseconds: number;
  counts: Counts;
};

export type Usage = {
  admitted: boolean;
  /** In the order of the windows. */
  remaining: number[];
  /** Which window says the most: the least remaining, the longest of equals. */
  tightest: number;
};

export type Limits = {
  second?: number | undefined;
  minute?: number | undefined;
  hour?: number | undefined;
};

/** Addresses are free for the taking: beyond this many in one window the oldest is forgotten. */
const BUCKETS = 100_000;

const PERIODS = [
  ['second', 'Second', 1000],
  ['minute', 'Minute', 60_000],
  ['hour', 'Hour', 3_600_000],
] as const;

/**
 * The counts of this process, by the entity that declares a limit and its period, as in Kong's
 * shared memory: a changed limit goes on from what was counted, and so does one that comes back.
 */
export class CountStore {
  readonly #counts = new Map<string, Counts>();

  of(scope: string, period: string): Counts {
    const key = `${scope} ${period}`;
    const counts = this.#counts.get(key) ?? { startedAt: 0, of: new Map<string, number>() };
    this.#counts.set(key, counts);
    return counts;
  }
}

/** The declared limits, shortest first. */
export function createWindows(limits: Limits, store = new CountStore(), scope = ''): Window[] {
  return PERIODS.flatMap(([key, period, milliseconds]) => {
    const limit = limits[key];
    if (limit === undefined) return [];
    return [{ period, key, limit, milliseconds, counts: store.of(scope, period) }];
  });
}

export function windowStart({ milliseconds }: Window, now: number): number {
  return now - (now % milliseconds);
}

function countIn(window: Window, bucket: string, now: number): number {
  const { counts } = window;
  const startedAt = windowStart(window, now);
  if (startedAt !== counts.startedAt) {
    counts.startedAt = startedAt;
    counts.of = new Map();
  }
  return counts.of.get(bucket) ?? 0;
}

function increment({ counts }: Window, bucket: string): void {
  const count = counts.of.get(bucket);
  if (count === undefined && counts.of.size >= BUCKETS) {
    const [oldest] = counts.of.keys();
    counts.of.delete(oldest as string);
  }
  counts.of.set(bucket, (count ?? 0) + 1);
}

/** What counts from before this request, one a window, leave to it. */
export function usageOf(windows: readonly Window[], counts: readonly number[]): Usage {
  const admitted = windows.every(({ limit }, i) => (counts[i] as number) < limit);
  const remaining = windows.map(({ limit }, i) =>
    Math.max(0, limit - (counts[i] as number) - (admitted ? 1 : 0)),
  );
  const tightest = remaining.lastIndexOf(Math.min(...remaining));
  return { admitted, remaining, tightest };
}

/** Admits a request when every window has room, and only then counts it. `now` in milliseconds. */
export function useWindows(windows: readonly Window[], bucket: string, now: number): Usage {
  const counts = windows.map((window) => countIn(window, bucket, now));
  const usage = usageOf(windows, counts);
  if (usage.admitted) for (const window of windows) increment(window, bucket);
  return usage;
}

/** Whole seconds until the window ends, at least one. */
export function secondsLeft(window: Window, now: number): number {
  const passed = Math.floor((now - windowStart(window, now)) / 1000);
  return Math.max(1, window.milliseconds / 1000 - passed);
}
