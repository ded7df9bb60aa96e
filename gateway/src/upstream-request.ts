import type { Exchange, RouteTarget } from './exchange.ts';
import { type Headers, headerLines } from './headers.ts';
import { escapePath, upstreamPath } from './path.ts';
import { SERVER } from './response-headers.ts';

function forwardedHeaders(
  { request, head, peer, client, requestId }: Exchange,
  prefix?: string,
): Headers {
  const before = head.forwardedFor;
  const headers = [
    'X-Forwarded-For',
    before === undefined ? peer : `${before}, ${peer}`,
    'X-Forwarded-Proto',
    'http',
    'X-Forwarded-Host',
    head.host,
    'X-Forwarded-Port',
    String(request.socket.localPort),
    'X-Forwarded-Path',
    head.rawPath,
  ];
  if (prefix !== undefined && prefix !== '/') headers.push('X-Forwarded-Prefix', prefix);
  headers.push('X-Real-IP', client, 'X-Kong-Request-Id', requestId);
  return headers;
}

/** The length that the service is told: what was read as a whole is no longer chunked. */
function bodyLength({ body, head }: Exchange): number | undefined {
  return body === undefined ? head.contentLength : body.length;
}

/**
 * Request line and headers as the service gets them. Header values hold no line ends: Node's parser
 * refuses them.
 */
export function upstreamRequest(
  exchange: Exchange,
  { service, stripPath }: RouteTarget,
  matched: string,
): string {
  const { head } = exchange;
  const stripped = stripPath ? matched : undefined;
  const path = escapePath(upstreamPath(service.url.path, head.path, stripped));
  const { host, port } = service.url;
  // Kong prints the number 1.0 as 1.
  const link = `${head.version === '1.0' ? '1' : head.version} ${SERVER}`;
  const headers: Headers = [];
  if (head.teTrailers) headers.push('TE', 'trailers');
  headers.push('Via', head.via === undefined ? link : `${head.via}, ${link}`);
  headers.push('Host', port === 80 ? host : `${host}:${port}`);
  if (head.websocket) headers.push('Upgrade', 'websocket');
  headers.push('Connection', head.websocket ? 'keep-alive, Upgrade' : 'keep-alive');
  headers.push(...forwardedHeaders(exchange, stripped));
  const length = bodyLength(exchange);
  if (length !== undefined) headers.push('Content-Length', String(length));
  else if (head.chunked) headers.push('Transfer-Encoding', 'chunked');
  const line = `${head.method} ${path}${head.query} HTTP/1.1\r\n`;
  return `${line}${headerLines(headers)}${headerLines(head.passed)}\r\n`;
}
