import type { PluginConfig } from './configuration-schema.ts';
import { errorAnswer } from './error-answer.ts';
import type { Exchange, PluginHandler } from './exchange.ts';
import { firstValue, type Headers } from './headers.ts';

/** A fixed window of the calendar, in UTC: its counts start anew with the clock's next period. */
export type Window = {
  period: 'Second' | 'Minute' | 'Hour';
  limit: number;
  milliseconds: number;
  startedAt: number;
  counts: Map<string, number>;
};

export type Usage = {
  admitted: boolean;
  /** In the order of the windows. */
  remaining: number[];
  /** Which window says the most: the least remaining, the longest of equals. */
  tightest: number;
};

/** Addresses are free for the taking: beyond this many in one window the oldest is forgotten. */
const BUCKETS = 100_000;

const PERIODS = [
  ['second', 'Second', 1000],
  ['minute', 'Minute', 60_000],
  ['hour', 'Hour', 3_600_000],
] as const;

/** The declared limits, shortest first. */
export function createWindows(limits: {
  second?: number | undefined;
  minute?: number | undefined;
  hour?: number | undefined;
}): Window[] {
  return PERIODS.flatMap(([key, period, milliseconds]) => {
    const limit = limits[key];
    if (limit === undefined) return [];
    return [{ period, limit, milliseconds, startedAt: 0, counts: new Map<string, number>() }];
  });
}

function countIn(window: Window, bucket: string, now: number): number {
  const startedAt = now - (now % window.milliseconds);
  if (startedAt !== window.startedAt) {
    window.startedAt = startedAt;
    window.counts = new Map();
  }
  return window.counts.get(bucket) ?? 0;
}

function increment({ counts }: Window, bucket: string): void {
  const count = counts.get(bucket);
  if (count === undefined && counts.size >= BUCKETS) {
    const [oldest] = counts.keys();
    counts.delete(oldest as string);
  }
  counts.set(bucket, (count ?? 0) + 1);
}

/** Admits a request when every window has room, and only then counts it. `now` in milliseconds. */
export function useWindows(windows: readonly Window[], bucket: string, now: number): Usage {
  const counts = windows.map((window) => countIn(window, bucket, now));
  const admitted = windows.every((window, i) => (counts[i] as number) < window.limit);
  if (admitted) for (const window of windows) increment(window, bucket);
  const remaining = windows.map((window, i) =>
    Math.max(0, window.limit - (counts[i] as number) - (admitted ? 1 : 0)),
  );
  const tightest = remaining.lastIndexOf(Math.min(...remaining));
  return { admitted, remaining, tightest };
}

/** Whole seconds until the window ends, at least one. */
export function secondsLeft({ startedAt, milliseconds }: Window, now: number): number {
  return Math.max(1, milliseconds / 1000 - Math.floor((now - startedAt) / 1000));
}

function limitHeaders(windows: readonly Window[], usage: Usage, now: number): Headers {
  const headers: Headers = [];
  windows.forEach(({ period, limit }, i) => {
    headers.push(`X-RateLimit-Limit-${period}`, String(limit));
    headers.push(`X-RateLimit-Remaining-${period}`, String(usage.remaining[i]));
  });
  const tightest = windows[usage.tightest] as Window;
  const reset = String(secondsLeft(tightest, now));
  headers.push('RateLimit-Limit', String(tightest.limit));
  headers.push('RateLimit-Remaining', String(usage.remaining[usage.tightest]));
  headers.push('RateLimit-Reset', reset);
  if (!usage.admitted) headers.push('Retry-After', reset);
  return headers;
}

/** Whom a request counts for; whatever is asked for and missing falls back to the address. */
function bucketOf(
  { limit_by, header_name }: PluginConfig<'rate-limiting'>,
  scope: string,
): (exchange: Exchange) => string {
  const header = (header_name ?? '').toLowerCase();
  return ({ head, peer, consumer }) => {
    if (limit_by === 'service') return `service ${scope}`;
    if (limit_by === 'consumer' && consumer !== undefined) return `consumer ${consumer.id}`;
    const value = limit_by === 'header' ? firstValue(head.passed, header) : undefined;
    return value === undefined ? `ip ${peer}` : `header ${value}`;
  };
}

/** Counts requests in this process; `scope` is the entity that declares the plugin. */
export function rateLimiting(config: PluginConfig<'rate-limiting'>, scope: string): PluginHandler {
  const windows = createWindows(config);
  const bucket = bucketOf(config, scope);
  return {
    access(exchange) {
      const usage = useWindows(windows, bucket(exchange), exchange.startedAt);
      exchange.answerHeaders = limitHeaders(windows, usage, exchange.startedAt);
      if (usage.admitted) return undefined;
      return errorAnswer(429, 'API rate limit exceeded', {
        accept: exchange.head.accept,
        requestId: exchange.requestId,
      });
    },
  };
}
