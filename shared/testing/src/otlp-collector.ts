import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over OTLP. */
export interface CollectedSpan {
  service: string;
  trace_id: string;
  span_id: string;
  /** Empty where it begins the trace. */
  parent_id: string;
  name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, string | number | boolean>;
  /** The spans that it is linked to. */
  links: string[];
  /** 2 is an error. */
  status: number;
}

export interface OtlpCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: CollectedSpan[];
  /** All that came, to look for what must not be there. */
  bytes(): Buffer;
  /** How many batches came, also of those that were refused. */
  batches(): number;
  /** From now on answers so; undefined leaves the sender without an answer. */
  answer(status: number | undefined): void;
  close(): Promise<void>;
}

type Fields = Map<number, (Buffer | number)[]>;

/** A message of Protocol Buffers, by the numbers of its fields. */
function fieldsOf(message: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  const read: Record<number, () => Buffer | number> = {
    0: varint,
    1: () => bytes(8),
    2: () => bytes(varint()),
    5: () => bytes(4),
  };
  while (at < message.length) {
    const tag = varint();
    const value = read[tag & 7]?.();
    if (value === undefined) throw new Error(`Wire type ${tag & 7} is none of proto3.`);
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((value) => fieldsOf(value as Buffer));
const text = (fields: Fields, number: number): string => String(fields.get(number)?.[0] ?? '');
const hex = (fields: Fields, number: number): string =>
  ((fields.get(number)?.[0] as Buffer | undefined) ?? Buffer.alloc(0)).toString('hex');

/** `AnyValue`: a text, a truth, a whole number or another one. */
function anyValueOf(value: Fields | undefined): string | number | boolean {
  if (value?.has(2)) return value.get(2)?.[0] === 1;
  if (value?.has(3)) return Number(value.get(3)?.[0]);
  const double = value?.get(4)?.[0];
  if (Buffer.isBuffer(double)) return double.readDoubleLE();
  return value === undefined ? '' : text(value, 1);
}

const attributesOf = (fields: Fields, number: number): CollectedSpan['attributes'] =>
  Object.fromEntries(
    messages(fields, number).map((pair) => [text(pair, 1), anyValueOf(messages(pair, 2)[0])]),
  );

const spanOf = (service: string, span: Fields): CollectedSpan => ({
  service,
  trace_id: hex(span, 1),
  span_id: hex(span, 2),
  parent_id: hex(span, 4),
  name: text(span, 5),
  kind: Number(span.get(6)?.[0] ?? 0),
  attributes: attributesOf(span, 9),
  links: messages(span, 13).map((link) => hex(link, 2)),
  status: Number(messages(span, 15)[0]?.get(3)?.[0] ?? 0),
});

/** `ExportTraceServiceRequest` of OTLP 1. */
function spansOf(request: Buffer): CollectedSpan[] {
  return messages(fieldsOf(request), 1).flatMap((ofResource) => {
    const [resource] = messages(ofResource, 1);
    const service = String(resource && attributesOf(resource, 1)['service.name']);
    return messages(ofResource, 2).flatMap((ofScope) =>
      messages(ofScope, 2).map((span) => spanOf(service, span)),
    );
  });
}

/** An OTLP receiver over HTTP and Protocol Buffers, as small as one can be. */
export async function otlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const received: Buffer[] = [];
  let status: number | undefined = 200;
  const take = (path: string | undefined, body: Buffer, response: ServerResponse) => {
    received.push(body);
    if (status === undefined) return;
    const known = path === '/v1/traces' ? status : 404;
    if (known === 200) spans.push(...spansOf(body));
    response.writeHead(known, { 'content-type': 'application/x-protobuf' }).end();
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    take(request.url, Buffer.concat(chunks), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bytes: () => Buffer.concat(received),
    batches: () => received.length,
    answer: (next) => {
      status = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
