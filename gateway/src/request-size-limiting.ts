import { errorAnswer } from './error-answer.ts';
import type { Exchange, PluginHandler } from './exchange.ts';
import type { PluginConfig } from './plugin-schemas.ts';
import { measureChunked } from './request-body.ts';

const UNITS = { megabytes: 2 ** 20, kilobytes: 2 ** 10, bytes: 1 };

/** Refuses a declared length from the header alone; a chunked body is measured while it comes. */
export function requestSizeLimiting(config: PluginConfig<'request-size-limiting'>): PluginHandler {
  const limit = config.allowed_payload_size * UNITS[config.size_unit];

  function refuse({ head, requestId }: Exchange, status: number, message: string) {
    return errorAnswer(status, message, { accept: head.accept, requestId });
  }

  async function measure(exchange: Exchange) {
    if (await measureChunked(exchange)) return undefined;
    return refuse(exchange, 413, 'Request size limit exceeded');
  }

  return {
    access(exchange) {
      const { contentLength, chunked, expectsContinue } = exchange.head;
      exchange.bodyLimit = limit;
      if (chunked) return measure(exchange);
      if (contentLength === undefined && config.require_content_length) {
        return refuse(exchange, 411, 'A valid Content-Length header is required');
      }
      if ((contentLength ?? 0) <= limit) return undefined;
      return refuse(exchange, expectsContinue ? 417 : 413, 'Request size limit exceeded');
    },
  };
}
