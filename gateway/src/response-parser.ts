import type { Headers } from './headers.ts';

export type ResponseHead = {
  status: number;
  reason: string;
  version: string;
  headers: Headers;
  /** Bytes of the body, or undefined when only its end will tell. */
  length: number | undefined;
};

export type ResponseListener = {
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  end(): void;
  /** The service agrees to a WebSocket; `first` is what it has already said there. */
  switched?(head: ResponseHead, first: Buffer): void;
};

/** A service that sends what is not HTTP/1.1; its connection is not used again. */
export class MalformedResponse extends Error {}

const HEAD_BYTES = 65_536;
const CHUNK_LINE_BYTES = 4096;
const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: (.*))?$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const EMPTY = Buffer.alloc(0);

type Framing = {
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  connection: string;
  upgrade: string | undefined;
  keepAliveSeconds: number | undefined;
};

function readLine(line: string, headers: Headers, framing: Framing): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1).trim();
  if (colon < 1 || !NAME.test(name) || CONTROL.test(value)) {
    throw new MalformedResponse('a header line is malformed');
  }
  headers.push(name, value);
  switch (name.toLowerCase()) {
    case 'content-length':
      if (framing.contentLength !== undefined) throw new MalformedResponse('two lengths');
      framing.contentLength = value;
      break;
    case 'transfer-encoding':
      framing.transferEncoding = `${framing.transferEncoding ?? ''}${value.toLowerCase()}`;
      break;
    case 'connection':
      framing.connection = `${framing.connection},${value.toLowerCase()}`;
      break;
    case 'upgrade':
      framing.upgrade = value.toLowerCase();
      break;
    case 'keep-alive': {
      const seconds = /timeout=(\d+)/.exec(value)?.[1];
      if (seconds !== undefined) framing.keepAliveSeconds = Number(seconds);
    }
  }
}

/** The length that a response declares; it may not declare two, or Node and nginx would differ. */
function declaredLength(framing: Framing): number | 'chunked' | undefined {
  const { contentLength, transferEncoding } = framing;
  if (transferEncoding !== undefined) {
    if (transferEncoding !== 'chunked' || contentLength !== undefined) {
      throw new MalformedResponse('the framing is ambiguous');
    }
    return 'chunked';
  }
  if (contentLength === undefined) return undefined;
  if (!/^\d{1,15}$/.test(contentLength)) throw new MalformedResponse('the length is no number');
  return Number(contentLength);
}

/**
 * Reads one response from the bytes of a connection. Written for this gateway because node:http's
 * own client costs as much again as all else that is done for a request; strict, since it guards
 * framing.
 */
export class ResponseParser {
  /** Whether the connection may serve another request once the response has ended. */
  reusable = false;
  keepAliveSeconds: number | undefined;
  /** The service closes after this response, as one does that is about to stop. */
  leaving = false;

  readonly #listener: ResponseListener;
  readonly #bodiless: boolean;
  readonly #upgrade: boolean;
  #state: 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'close' | 'done' =
    'head';
  #pending: Buffer = EMPTY;
  /** What is left of the body or of the current chunk. */
  #left = 0;

  /**
   * `method` is that of the request: an answer to HEAD has no body, whatever it declares. Only a
   * request that asks for a WebSocket (`upgrade`) may be answered with one.
   */
  constructor(method: string, listener: ResponseListener, upgrade = false) {
    this.#bodiless = method === 'HEAD';
    this.#upgrade = upgrade;
    this.#listener = listener;
  }

  get started(): boolean {
    return this.#state !== 'head' || this.#pending.length > 0;
  }

  push(bytes: Buffer): void {
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = EMPTY;
    while (rest.length > 0) {
      const next = this.#step(rest);
      if (next === undefined) {
        this.#pending = rest;
        return;
      }
      rest = next;
    }
  }

  /** The service closed the connection: true when that is how this response was to end. */
  finish(): boolean {
    if (this.#state !== 'close') return this.#state === 'done';
    this.#end();
    return true;
  }

  /** Takes what it can and gives the rest; undefined when it needs more bytes first. */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'length':
      case 'chunk':
        return this.#readBody(bytes);
      case 'chunk-size':
        return this.#readChunkSize(bytes);
      case 'chunk-end':
        return this.#readChunkEnd(bytes);
      case 'trailer':
        return this.#readTrailer(bytes);
      case 'close':
        this.#listener.data(bytes);
        return EMPTY;
      case 'done':
        throw new MalformedResponse('bytes after the end of the response');
    }
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      if (bytes.length > HEAD_BYTES) throw new MalformedResponse('the head is too long');
      // Something that can't become HTTP any more is not waited for.
      if (!'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7)))
        throw new MalformedResponse('not HTTP');
      return undefined;
    }
    const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const [, version = '', code, reason = ''] = STATUS_LINE.exec(statusLine) ?? [];
    const status = Number(code);
    if (code === undefined || CONTROL.test(reason)) {
      throw new MalformedResponse('the status line is malformed');
    }
    const headers: Headers = [];
    const framing: Framing = {
      contentLength: undefined,
      transferEncoding: undefined,
      connection: '',
      upgrade: undefined,
      keepAliveSeconds: undefined,
    };
    for (const line of lines) readLine(line, headers, framing);
    if (status === 101)
      return this.#switch({ status, reason, version, headers }, framing, bytes.subarray(end + 4));
    // 1xx announces the real answer.
    if (status >= 200) this.#begin({ status, reason, version, headers }, framing);
    return bytes.subarray(end + 4);
  }

  #switch(head: Omit<ResponseHead, 'length'>, framing: Framing, first: Buffer): Buffer {
    if (!this.#upgrade || framing.upgrade !== 'websocket') {
      throw new MalformedResponse('nobody asked for another protocol');
    }
    this.#state = 'done';
    this.#listener.switched?.({ ...head, length: undefined }, first);
    return EMPTY;
  }

  #begin(head: Omit<ResponseHead, 'length'>, framing: Framing): void {
    const length = declaredLength(framing);
    const empty = this.#bodiless || head.status === 204 || head.status === 304;
    const closes =
      head.version === '1.0'
        ? !framing.connection.includes('keep-alive')
        : framing.connection.includes('close');
    this.leaving = head.version === '1.1' && closes;
    this.reusable = !closes && (empty || length !== undefined);
    this.keepAliveSeconds = framing.keepAliveSeconds;
    this.#listener.head({ ...head, length: length === 'chunked' ? undefined : length });
    if (empty || length === 0) this.#end();
    else if (length === undefined) this.#state = 'close';
    else if (length === 'chunked') this.#state = 'chunk-size';
    else {
      this.#state = 'length';
      this.#left = length;
    }
  }

  #readBody(bytes: Buffer): Buffer {
    const chunk = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= chunk.length;
    this.#listener.data(chunk);
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end';
      else this.#end();
    }
    return bytes.subarray(chunk.length);
  }

  #readChunkSize(bytes: Buffer): Buffer | undefined {
    const end = this.#lineEnd(bytes);
    if (end === undefined) return undefined;
    const size = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;.*)?$/.exec(bytes.toString('latin1', 0, end))?.[1];
    if (size === undefined) throw new MalformedResponse('a chunk has no size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    return bytes.subarray(end + 2);
  }

  #readChunkEnd(bytes: Buffer): Buffer | undefined {
    if (bytes.length < 2) return undefined;
    if (this.#lineEnd(bytes) !== 0) throw new MalformedResponse('a chunk is longer than it says');
    this.#state = 'chunk-size';
    return bytes.subarray(2);
  }

  #readTrailer(bytes: Buffer): Buffer | undefined {
    const end = this.#lineEnd(bytes);
    if (end === undefined) return undefined;
    if (end === 0) this.#end();
    return bytes.subarray(end + 2);
  }

  #lineEnd(bytes: Buffer): number | undefined {
    const end = bytes.indexOf('\r\n');
    if (end < 0 && bytes.length > CHUNK_LINE_BYTES) throw new MalformedResponse('a line too long');
    return end < 0 ? undefined : end;
  }

  #end(): void {
    this.#state = 'done';
    this.#listener.end();
  }
}
