import { randomUUID } from 'node:crypto';
import type { PluginHandler } from './exchange.ts';
import { firstValue, setHeader } from './headers.ts';
import type { PluginConfig } from './plugin-schemas.ts';

/** What our services take and log as it stands; anything else is replaced, here for all of them. */
const REQUEST_ID = /^[\w.-]{1,100}$/;

/** Keeps the client's id or makes one, and shows it to the service and, if asked, to the client. */
export function correlationId(config: PluginConfig<'correlation-id'>): PluginHandler {
  const { header_name: name, echo_downstream: echo } = config;
  const lower = name.toLowerCase();
  return {
    access(exchange) {
      const sent = firstValue(exchange.head.passed, lower);
      exchange.correlationId = sent && REQUEST_ID.test(sent) ? sent : randomUUID();
      // Of two lines one is left: all three shall speak of the same request.
      setHeader(exchange.head.passed, name, exchange.correlationId);
      return undefined;
    },
    filter(exchange, headers) {
      // Requests that were refused before any plugin ran have an id too.
      if (echo) setHeader(headers, name, exchange.correlationId ?? randomUUID());
    },
  };
}
