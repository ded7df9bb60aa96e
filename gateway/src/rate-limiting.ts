import { entityId } from './entity-id.ts';
import { errorAnswer } from './error-answer.ts';
import type { Exchange, PluginHandler } from './exchange.ts';
import { firstValue, type Headers } from './headers.ts';
import {
  type CountStore,
  createWindows,
  secondsLeft,
  type Usage,
  useWindows,
  type Window,
} from './limit-windows.ts';
import type { PluginConfig } from './plugin-schemas.ts';

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
function bucketOf({
  limit_by,
  header_name,
}: PluginConfig<'rate-limiting'>): (exchange: Exchange) => string {
  const header = (header_name ?? '').toLowerCase();
  return ({ head, peer, consumer, route }) => {
    if (limit_by === 'service' && route !== undefined) {
      return `service ${entityId('services', route.service.name)}`;
    }
    if (limit_by === 'consumer' && consumer !== undefined) return `consumer ${consumer.id}`;
    const value = limit_by === 'header' ? firstValue(head.passed, header) : undefined;
    return value === undefined ? `ip ${peer}` : `header ${value}`;
  };
}

/** Counts requests in this process; `scope` is the entity that declares the plugin. */
export function rateLimiting(
  config: PluginConfig<'rate-limiting'>,
  { scope, store }: { scope: string; store: CountStore },
): PluginHandler {
  const windows = createWindows(config, store, scope);
  const bucket = bucketOf(config);
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
