import { type Logger, levelOfAnswer } from '@roundhouse/service/log';
import { startSpan } from '@roundhouse/telemetry/span';
import type { Exchange } from './exchange.ts';
import { firstValue } from './headers.ts';

/** Tells of each request when it has ended: a line of the log, and a span where that is wanted. */
export class RequestTelling {
  readonly #logger: Logger;
  readonly #debugs: boolean;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#debugs = logger.isDebugEnabled();
  }

  /** The route by its name: what it matched may hold a link. */
  begin(exchange: Exchange, route: string | undefined): void {
    const { method, version, passed } = exchange.head;
    exchange.span = startSpan(route === undefined ? method : `${method} ${route}`, {
      kind: 'server',
      parent: firstValue(passed, 'traceparent') ?? null,
      attributes: {
        'http.request.method': method,
        'url.scheme': 'http',
        'network.protocol.version': version,
        ...(route === undefined ? {} : { 'http.route': route }),
      },
    });
    exchange.response.once('close', () => this.#end(exchange, route));
  }

  #end(exchange: Exchange, route: string | undefined): void {
    const { head, response, span } = exchange;
    const status = response.writableFinished ? response.statusCode : undefined;
    if (span !== undefined) {
      if (status !== undefined) span.set({ 'http.response.status_code': status });
      if (status === undefined || status >= 500) span.fail(String(status ?? 'aborted'));
      span.end();
    }
    const level = levelOfAnswer(head.method, status);
    if (level === 'debug' && !this.#debugs) return;
    this.#logger[level]('request', {
      event: status === undefined ? 'request_aborted' : 'request_answered',
      method: head.method,
      route,
      status,
      duration_ms: exchange.clock() - exchange.startedAt,
      ...idsOf(exchange),
    });
  }
}

/** The id that the services log, and the one that stands in refusals of the gateway's own. */
export const idsOf = ({ correlationId, requestId, span }: Omit<Exchange, 'request'>) => ({
  request_id: correlationId ?? requestId,
  kong_request_id: requestId,
  trace_id: span?.trace_id,
});
