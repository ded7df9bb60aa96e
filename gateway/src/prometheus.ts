import type { Socket } from 'node:net';
import type { Exchange, PluginHandler } from './exchange.ts';
import type { Metrics, Told } from './metrics.ts';
import type { PluginConfig } from './plugin-schemas.ts';

/** What nginx logs for a client that left before there was an answer. */
const CLIENT_LEFT = 499;

function statusOf({ response, answeredAt }: Exchange): number {
  if (response.headersSent) return response.statusCode;
  // A WebSocket's answer goes past the response that it would have been.
  return answeredAt === undefined ? CLIENT_LEFT : 101;
}

function tell(exchange: Exchange, perConsumer: boolean): Told {
  const { startedAt, askedAt, answeredAt, consumer } = exchange;
  const endedAt = exchange.clock();
  return {
    status: statusOf(exchange),
    source: answeredAt === undefined ? 'kong' : 'service',
    consumer: (perConsumer ? consumer?.username : undefined) ?? '',
    latency: {
      request: endedAt - startedAt,
      kong: (askedAt ?? endedAt) - startedAt,
      upstream: askedAt === undefined ? undefined : (answeredAt ?? endedAt) - askedAt,
    },
  };
}

/** Counts what went over a connection since the request before on it. */
function byteCounter(): (socket: Socket) => { ingress: number; egress: number } {
  const counted = new WeakMap<Socket, { read: number; written: number }>();
  return (socket) => {
    const { bytesRead: read, bytesWritten: written } = socket;
    const before = counted.get(socket);
    counted.set(socket, { read, written });
    return { ingress: read - (before?.read ?? 0), egress: written - (before?.written ?? 0) };
  };
}

/** Counts and measures requests when their answers have ended; requests of no route are none. */
export function prometheus(config: PluginConfig<'prometheus'>, metrics: Metrics): PluginHandler {
  const bytesOf = byteCounter();
  return {
    log(exchange) {
      const { route, request } = exchange;
      if (route === undefined) return;
      const series = metrics.ofRoute(route.service.name, route.name);
      const told = tell(exchange, config.per_consumer);
      if (config.status_code_metrics) series.count(told);
      if (config.latency_metrics) series.observe(told.latency);
      if (config.bandwidth_metrics) {
        const { ingress, egress } = bytesOf(request.socket);
        series.addBytes('ingress', ingress, told.consumer);
        series.addBytes('egress', egress, told.consumer);
      }
    },
  };
}
