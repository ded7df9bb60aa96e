import type { Answered, PluginHandler } from './exchange.ts';
import { firstValue, type Headers, removeHeader, setHeader } from './headers.ts';
import type { PluginConfig } from './plugin-schemas.ts';

const ORIGIN = /^(https?):\/\/([A-Za-z0-9.-]+)(?::(\d+))?\/?$/;
const DEFAULT_PORTS: Record<string, string> = { http: '80', https: '443' };

/** Without the default port and a trailing slash; what is no plain origin stays as it is. */
function normalizeOrigin(origin: string): string {
  const parts = ORIGIN.exec(origin);
  if (parts === null) return origin;
  const [, scheme = '', host = '', port] = parts;
  const shown = port === undefined || port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
  return `${scheme}://${host}${shown}`;
}

/** The allowed origin for a request, by Kong's rule: a single configured one is always named. */
function originRule(
  origins: readonly string[],
): (origin: string | undefined) => string | undefined {
  if (origins.length === 1) return () => origins[0];
  const allowed = new Set(origins.map(normalizeOrigin));
  return (origin) => {
    if (origin === undefined) return undefined;
    const normal = normalizeOrigin(origin);
    return allowed.has(normal) ? normal : undefined;
  };
}

function isPreflight({ head }: Answered): boolean {
  return (
    head.method === 'OPTIONS' &&
    head.origin !== undefined &&
    firstValue(head.passed, 'access-control-request-method') !== undefined
  );
}

/** Answers preflights in place of the service and says on every answer who may read it. */
export function cors(config: PluginConfig<'cors'>): PluginHandler {
  const allowedOrigin = originRule(config.origins);
  const methods = config.methods.join(',');
  const exposed = config.exposed_headers.join(',');

  function originHeaders(exchange: Answered, headers: Headers): void {
    const origin = allowedOrigin(exchange.head.origin);
    // A line of its own in lower case, beside a Vary of the service: so Kong writes it.
    headers.push('vary', 'Origin');
    if (origin === undefined) removeHeader(headers, 'Access-Control-Allow-Origin');
    else setHeader(headers, 'Access-Control-Allow-Origin', origin);
    if (config.credentials) setHeader(headers, 'Access-Control-Allow-Credentials', 'true');
  }

  return {
    access(exchange) {
      if (!isPreflight(exchange)) return undefined;
      exchange.preflight = true;
      const headers: Headers = ['Content-Length', '0'];
      originHeaders(exchange, headers);
      const asked = firstValue(exchange.head.passed, 'access-control-request-headers');
      const allowed = config.headers.length > 0 ? config.headers.join(',') : asked;
      if (allowed !== undefined) headers.push('Access-Control-Allow-Headers', allowed);
      headers.push('Access-Control-Allow-Methods', methods);
      if (config.max_age !== undefined) {
        headers.push('Access-Control-Max-Age', String(config.max_age));
      }
      return { status: 200, headers, body: '' };
    },
    filter(exchange, headers) {
      if (exchange.preflight) return;
      originHeaders(exchange, headers);
      if (exposed !== '') setHeader(headers, 'Access-Control-Expose-Headers', exposed);
    },
  };
}
