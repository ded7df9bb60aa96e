import type { Answered, PluginHandler } from './exchange.ts';
import { type Headers, setHeader } from './headers.ts';
import type { ResponseHead } from './response-parser.ts';

/** What the gateway calls itself, as the Kong does whose file it reads. */
export const SERVER = 'kong/3.9.3';

/** nginx's `charset UTF-8` completes these types, and only where the service names no charset. */
const CHARSET_TYPES = new Set([
  'text/html',
  'text/plain',
  'text/xml',
  'text/vnd.wap.wml',
  'application/javascript',
  'application/rss+xml',
]);

/** Of one connection only, consumed by nginx, or set anew. Proxy-* pass: so Kong does it. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-kong-proxy-latency',
  'x-kong-request-id',
  'x-kong-upstream-latency',
]);

type Seen = { server: boolean; via: string | undefined; named: string | undefined };

function passHeaders(from: readonly string[], to: Headers): Seen {
  const seen: Seen = { server: false, via: undefined, named: undefined };
  for (let at = 0; at < from.length; at += 2) {
    const name = from[at] as string;
    const value = from[at + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'via') seen.via = seen.via === undefined ? value : `${seen.via}, ${value}`;
    if (lower === 'connection') seen.named = value.toLowerCase();
    if (DROPPED.has(lower)) continue;
    if (lower === 'server') seen.server = true;
    const bareText = lower === 'content-type' && CHARSET_TYPES.has(value.toLowerCase());
    to.push(name, bareText ? `${value}; charset=UTF-8` : value);
  }
  return seen;
}

/** Headers that the service names in its Connection header are for the gateway alone. */
function dropNamed(headers: Headers, named: string): Headers {
  const names = new Set(named.split(',').map((name) => name.trim()));
  return headers.filter((_, at) => !names.has((headers[at - (at % 2)] as string).toLowerCase()));
}

function addCommon(
  exchange: Answered,
  plugins: readonly PluginHandler[],
  headers: Headers,
): Headers {
  const { answerHeaders } = exchange;
  if (answerHeaders !== undefined) {
    for (let at = 0; at < answerHeaders.length; at += 2) {
      setHeader(headers, answerHeaders[at] as string, answerHeaders[at + 1] as string);
    }
  }
  for (const plugin of plugins) plugin.filter?.(exchange, headers);
  headers.push('X-Kong-Request-Id', exchange.requestId);
  return headers;
}

function addLatencies({ clock, startedAt }: Answered, headers: Headers, askedAt: number): void {
  headers.push('X-Kong-Upstream-Latency', String(clock() - askedAt));
  headers.push('X-Kong-Proxy-Latency', String(askedAt - startedAt));
}

/** The headers of a service's answer as the client gets them. */
export function proxiedHeaders(
  exchange: Answered,
  plugins: readonly PluginHandler[],
  { answer, askedAt, keepAlive }: { answer: ResponseHead; askedAt: number; keepAlive: boolean },
): Headers {
  let headers: Headers = [];
  const { server, via, named } = passHeaders(answer.headers, headers);
  const plain = named === undefined || named === 'keep-alive' || named === 'close';
  if (!plain) headers = dropNamed(headers, named);
  if (answer.status === 101) headers.push('Connection', 'upgrade', 'Upgrade', 'websocket');
  else headers.push('Connection', keepAlive ? 'keep-alive' : 'close');
  if (!server) headers.push('Server', SERVER);
  addLatencies(exchange, headers, askedAt);
  const link = `${answer.version} ${SERVER}`;
  headers.push('Via', via === undefined ? link : `${via}, ${link}`);
  return addCommon(exchange, plugins, headers);
}

/** The headers of an answer that the gateway made; `askedAt` says that a service had been asked. */
export function ownHeaders(
  exchange: Answered,
  plugins: readonly PluginHandler[],
  { own, askedAt, keepAlive }: { own: Headers; askedAt: number | undefined; keepAlive: boolean },
): Headers {
  const headers = [...own, 'Connection', keepAlive ? 'keep-alive' : 'close', 'Server', SERVER];
  if (askedAt === undefined) {
    headers.push('X-Kong-Response-Latency', String(exchange.clock() - exchange.startedAt));
  } else {
    addLatencies(exchange, headers, askedAt);
    headers.push('Via', `1.1 ${SERVER}`);
  }
  return addCommon(exchange, plugins, headers);
}
