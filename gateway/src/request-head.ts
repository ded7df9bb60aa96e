import type { IncomingMessage } from 'node:http';
import type { Headers } from './headers.ts';
import { normalizePath } from './path.ts';

/** What nginx would refuse before Kong sees the request, as a status. */
export type Malformed = 400 | 405 | 414 | 494 | 501;

/** A request line and its headers, read once. Strings are bytes, a character each. */
export type RequestHead = {
  method: string;
  version: string;
  /** As the client wrote it, without the query. */
  rawPath: string;
  /** Normalised, as the router sees it. */
  path: string;
  /** With its question mark, or empty. */
  query: string;
  /** In lower case, without the port: what services are told in X-Forwarded-Host. */
  host: string;
  /** The client's headers that go on to the service. */
  passed: Headers;
  accept: string | undefined;
  authorization: string | undefined;
  contentType: string | undefined;
  contentLength: number | undefined;
  forwardedFor: string | undefined;
  origin: string | undefined;
  via: string | undefined;
  chunked: boolean;
  expectsContinue: boolean;
  keepAlive: boolean;
  teTrailers: boolean;
  /** Asks for a WebSocket, with or without the `Connection: Upgrade` that nginx does not miss. */
  websocket: boolean;
};

/** nginx reads a request line or a header line into one buffer of this size. */
const LINE_BYTES = 8190;
/** A request that names no host gets nginx's `server_name`, and Kong's is this. */
const UNNAMED_HOST = 'kong';
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/\\?#@[\]<>"^`{|}]+?)\.?(?::\d*)?$/;

/** nginx refuses a second line of these; everything else may be repeated. */
const SINGLE = new Set([
  'authorization',
  'content-length',
  'content-range',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'transfer-encoding',
]);

type Reading = {
  head: RequestHead;
  host: string | undefined;
  connection: string | undefined;
  seen: Set<string> | undefined;
  malformed: Malformed | undefined;
};

/** What is done with a header that does not simply go on to the service. */
const READERS = new Map<string, (reading: Reading, value: string, name: string) => void>([
  ['accept', (reading, value, name) => pass(reading, name, value, 'accept')],
  ['authorization', (reading, value, name) => pass(reading, name, value, 'authorization')],
  ['content-type', (reading, value, name) => pass(reading, name, value, 'contentType')],
  ['origin', (reading, value, name) => pass(reading, name, value, 'origin')],
  ['connection', readConnection],
  ['content-length', readContentLength],
  ['expect', readExpect],
  ['host', readHostLine],
  ['keep-alive', drop],
  ['proxy', drop],
  ['proxy-connection', drop],
  ['te', readTe],
  ['transfer-encoding', readTransferEncoding],
  ['upgrade', readUpgrade],
  ['via', readVia],
  ['x-forwarded-for', readForwardedFor],
  ['x-forwarded-host', drop],
  ['x-forwarded-path', drop],
  ['x-forwarded-port', drop],
  ['x-forwarded-prefix', drop],
  ['x-forwarded-proto', drop],
  ['x-kong-request-id', drop],
  ['x-real-ip', drop],
]);

type Remembered = 'accept' | 'authorization' | 'contentType' | 'origin';

function drop(): void {
  // Hop-by-hop, or a claim about the client that only the gateway may make.
}

function pass({ head }: Reading, name: string, value: string, field: Remembered): void {
  head[field] ??= value;
  head.passed.push(name, value);
}

function readConnection(reading: Reading, value: string): void {
  reading.connection = reading.connection === undefined ? value : `${reading.connection},${value}`;
}

function readContentLength(reading: Reading, value: string): void {
  reading.head.contentLength = Number(value);
}

function readExpect({ head }: Reading, value: string): void {
  head.expectsContinue = value.toLowerCase() === '100-continue';
}

function readForwardedFor({ head }: Reading, value: string): void {
  head.forwardedFor ??= value;
}

function readHostLine(reading: Reading, value: string): void {
  reading.host = value;
}

function readVia({ head }: Reading, value: string): void {
  head.via ??= value;
}

function readTe({ head }: Reading, value: string): void {
  head.teTrailers ||= value.split(',').some((coding) => coding.trim() === 'trailers');
}

function readTransferEncoding(reading: Reading, value: string): void {
  if (value.toLowerCase() === 'chunked') reading.head.chunked = true;
  else reading.malformed ??= 501;
}

function readUpgrade({ head }: Reading, value: string): void {
  head.websocket = value.toLowerCase() === 'websocket';
}

function readHeaders(reading: Reading, raw: readonly string[]): void {
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const lower = name.toLowerCase();
    if (name.length + value.length > LINE_BYTES) reading.malformed ??= 494;
    if (SINGLE.has(lower)) {
      reading.seen ??= new Set();
      if (reading.seen.has(lower)) reading.malformed ??= 400;
      reading.seen.add(lower);
    }
    const reader = READERS.get(lower);
    if (reader === undefined) reading.head.passed.push(name, value);
    else reader(reading, value, name);
  }
}

/** Says whether the connection stays open, and drops the headers that the client names in it. */
function applyConnection(head: RequestHead, connection: string): void {
  const tokens = connection.toLowerCase().split(',');
  const names = new Set(tokens.map((token) => token.trim()));
  head.keepAlive = head.version === '1.1' ? !names.has('close') : names.has('keep-alive');
  head.passed = head.passed.filter((_, at, passed) => {
    const name = passed[at - (at % 2)] as string;
    return !names.has(name.toLowerCase());
  });
}

/** The head of which nothing is known but how it began. */
export function emptyHead(method: string, version: string): RequestHead {
  return {
    method,
    version,
    rawPath: '',
    path: '',
    query: '',
    host: UNNAMED_HOST,
    passed: [],
    accept: undefined,
    authorization: undefined,
    contentType: undefined,
    contentLength: undefined,
    forwardedFor: undefined,
    origin: undefined,
    via: undefined,
    chunked: false,
    expectsContinue: false,
    keepAlive: version === '1.1',
    teTrailers: false,
    websocket: false,
  };
}

/** Splits the target; gives the host of an absolute one. */
function readTarget(head: RequestHead, url: string): string | undefined {
  const absolute = url.startsWith('/') ? null : ABSOLUTE.exec(url);
  const target = absolute === null ? url : absolute[2] || '/';
  const mark = target.indexOf('?');
  head.rawPath = mark < 0 ? target : target.slice(0, mark);
  head.query = mark < 0 ? '' : target.slice(mark);
  return absolute?.[1];
}

function readHost({ head, host }: Reading, targetHost: string | undefined): Malformed | undefined {
  if (host === undefined && head.version === '1.1') return 400;
  const named = targetHost ?? host;
  if (named === undefined) return undefined;
  const parts = HOST.exec(named);
  if (parts === null || named.includes('..')) return 400;
  head.host = (parts[1] as string).toLowerCase();
  return undefined;
}

export function hasBody({ chunked, contentLength = 0 }: RequestHead): boolean {
  return chunked || contentLength > 0;
}

/** Reads what the client sent; always gives a head, since the refusal's form depends on it. */
export function readHead(request: IncomingMessage): {
  head: RequestHead;
  malformed: Malformed | undefined;
} {
  const head = emptyHead(request.method as string, request.httpVersion);
  const url = request.url as string;
  const reading: Reading = {
    head,
    host: undefined,
    connection: undefined,
    seen: undefined,
    malformed: undefined,
  };
  const targetHost = readTarget(head, url);
  if (head.method.length + url.length + 10 > LINE_BYTES) reading.malformed = 414;
  if (head.version !== '1.1' && head.version !== '1.0') reading.malformed ??= 400;
  readHeaders(reading, request.rawHeaders);
  const { connection } = reading;
  const usual = connection === 'keep-alive' && head.version === '1.1';
  if (connection !== undefined && !usual) applyConnection(head, connection);
  const path = normalizePath(head.rawPath);
  reading.malformed ??= path === undefined ? 400 : readHost(reading, targetHost);
  if (head.method === 'TRACE') reading.malformed ??= 405;
  // Whatever else asks for it is no handshake (RFC 6455, 4.1) and loses the header.
  head.websocket &&= head.method === 'GET' && head.version === '1.1' && !hasBody(head);
  head.path = path ?? '';
  return { head, malformed: reading.malformed };
}
