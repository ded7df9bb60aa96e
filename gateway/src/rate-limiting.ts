import { hash } from 'node:crypto';
import { entityId } from './entity-id.ts';
import { errorAnswer } from './error-answer.ts';
import type { Exchange, PluginHandler } from './exchange.ts';
import { firstValue, type Headers } from './headers.ts';
import {
  type CountStore,
  createWindows,
  secondsLeft,
  type Usage,
  usageOf,
  useWindows,
  type Window,
  windowStart,
} from './limit-windows.ts';
import type { PluginConfig } from './plugin-schemas.ts';
import type { RedisConnection, RedisConnections } from './redis-connection.ts';

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

/**
 * Whom a request counts for; whatever is asked for and missing falls back to the address. What a
 * header says is hashed: it may be a token, which Redis' keys are no place for, and it may fill a
 * line, of which a hundred thousand others would fill the memory.
 */
function bucketOf({
  limit_by,
  header_name,
}: PluginConfig<'rate-limiting'>): (exchange: Exchange) => string {
  const header = (header_name ?? '').toLowerCase();
  return ({ head, client, consumer, route }) => {
    if (limit_by === 'service' && route !== undefined) {
      return `service ${entityId('services', route.service.name)}`;
    }
    if (limit_by === 'consumer' && consumer !== undefined) return `consumer ${consumer.id}`;
    const value = limit_by === 'header' ? firstValue(head.passed, header) : undefined;
    return value === undefined ? `ip ${client}` : `header ${hash('sha256', value)}`;
  };
}

/** Counts a request and says what is left; undefined where it could not be counted. */
type Counter = (bucket: string, now: number) => Usage | Promise<Usage | undefined>;

/** Kong's keys. Unlike in this process, a refused request counts, as in Kong. */
function redisCounter(windows: readonly Window[], scope: string, redis: RedisConnection): Counter {
  const seconds = windows.map(({ milliseconds }) => milliseconds / 1000);
  return async (bucket, now) => {
    const name = bucket.slice(bucket.indexOf(' ') + 1);
    const keys = windows.map(
      (window) => `ratelimit:${scope}:${name}:${windowStart(window, now)}:${window.key}`,
    );
    try {
      return usageOf(windows, await redis.count(keys, seconds));
    } catch {
      // The connection has told it.
      return undefined;
    }
  };
}

/** Counts requests in this process or in Redis; `scope` is the entity that declares the plugin. */
export function rateLimiting(
  config: PluginConfig<'rate-limiting'>,
  {
    scope,
    store,
    connections,
  }: { scope: string; store: CountStore; connections: RedisConnections },
): PluginHandler {
  const windows = createWindows(config, store, scope);
  const bucket = bucketOf(config);
  const { policy, redis, fault_tolerant } = config;
  const count: Counter =
    policy === 'redis' && redis !== undefined
      ? redisCounter(windows, scope, connections.of(redis))
      : (bucket, now) => useWindows(windows, bucket, now);

  function refuse({ head, requestId }: Exchange, status: number, message: string) {
    return errorAnswer(status, message, { accept: head.accept, requestId });
  }

  function judge(exchange: Exchange, usage: Usage | undefined) {
    if (usage === undefined) {
      if (fault_tolerant) return undefined;
      return refuse(exchange, 500, 'An unexpected error occurred');
    }
    exchange.answerHeaders = limitHeaders(windows, usage, exchange.startedAt);
    return usage.admitted ? undefined : refuse(exchange, 429, 'API rate limit exceeded');
  }

  return {
    access(exchange) {
      const usage = count(bucket(exchange), exchange.startedAt);
      if (!(usage instanceof Promise)) return judge(exchange, usage);
      return usage.then((found) => judge(exchange, found));
    },
  };
}
