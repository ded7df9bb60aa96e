import type { Socket } from 'node:net';
import type { Exchange, PluginHandler, RouteTarget } from './exchange.ts';
import type { Metrics } from './metrics.ts';
import type { PluginConfig } from './plugin-schemas.ts';
import type { RouteMetrics } from './route-metrics.ts';

/** What nginx logs for a client that left before there was an answer. */
const CLIENT_LEFT = 499;

function statusOf({ response, answeredAt }: Exchange): number {
  if (response.headersSent) return response.statusCode;
  // A WebSocket's answer goes past the response that it would have been.
  return answeredAt === undefined ? CLIENT_LEFT : 101;
}

/** Milliseconds; that of a service only where one was asked. */
function observe(series: RouteMetrics, { startedAt, askedAt, answeredAt, clock }: Exchange): void {
  const endedAt = clock();
  series.request.observe(endedAt - startedAt);
  series.kong.observe((askedAt ?? endedAt) - startedAt);
  if (askedAt !== undefined) series.upstream.observe((answeredAt ?? endedAt) - askedAt);
}

type Counted = { read: number; written: number };

/** Counts and measures requests when their answers have ended; requests of no route are none. */
export function prometheus(config: PluginConfig<'prometheus'>, metrics: Metrics): PluginHandler {
  const { per_consumer, status_code_metrics, latency_metrics, bandwidth_metrics } = config;
  const found = new WeakMap<RouteTarget, RouteMetrics>();
  /** What had gone over a connection when the request before on it ended. */
  const counted = new WeakMap<Socket, Counted>();

  function seriesOf(route: RouteTarget): RouteMetrics {
    const known = found.get(route);
    if (known !== undefined) return known;
    const series = metrics.ofRoute(route.service.name, route.name);
    found.set(route, series);
    return series;
  }

  function countedOn(socket: Socket): Counted {
    const known = counted.get(socket);
    if (known !== undefined) return known;
    const none = { read: 0, written: 0 };
    counted.set(socket, none);
    return none;
  }

  return {
    log(exchange) {
      const { route, request, consumer, answeredAt } = exchange;
      if (route === undefined) return;
      const series = seriesOf(route);
      const tally = series.of((per_consumer ? consumer?.username : undefined) ?? '');
      if (status_code_metrics) {
        tally.count(statusOf(exchange), answeredAt === undefined ? 'kong' : 'service');
      }
      if (latency_metrics) observe(series, exchange);
      if (bandwidth_metrics) {
        const before = countedOn(request.socket);
        const { bytesRead, bytesWritten } = request.socket;
        tally.ingress += bytesRead - before.read;
        tally.egress += bytesWritten - before.written;
        before.read = bytesRead;
        before.written = bytesWritten;
      }
    },
  };
}
