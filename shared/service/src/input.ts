import { DomainError, malformed, notFound } from '@roundhouse/errors';
import type { Request } from 'express';
import { z } from 'zod';
import { checkJson } from './body.ts';
import type { Input, Route } from './contract.ts';
import { unmarked } from './cursors.ts';
import { parseForm } from './form.ts';
import { mediaTypeOf } from './media-types.ts';
import { fieldErrors } from './problem.ts';

/** As we write it ourselves: `"01"` is no entity tag of ours, and tags are compared as texts. */
const ETAG = /^"([1-9]\d{0,14})"$/;

/** The version in `If-Match`; `*` (any version, RFC 9110 13.1.1) and no header ask for none. */
function ifMatch(request: Request): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const version = ETAG.exec(header)?.[1];
  if (version === undefined) {
    throw malformed('if_match_malformed', 'If-Match is to be one ETag of this resource.');
  }
  return Number(version);
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeDecode(value as never);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  const [first] = errors;
  const detail =
    first === undefined ? 'The input is not valid.' : `${first.pointer}: ${first.detail}`;
  throw new DomainError('invalid', 'invalid', detail, { errors });
}

/** What a route takes that declares nothing: nothing. */
const NOTHING = z.strictObject({});

function readBody({ body: schema = NOTHING, body_type }: Route, request: Request): unknown {
  const sent = request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? '0';
  if (request.body === undefined && sent !== '0') {
    const type = mediaTypeOf(body_type);
    const detail = `Send the body as ${type}.`;
    throw new DomainError('unsupported_media_type', 'content_type_unsupported', detail);
  }
  const body = body_type === 'form' ? parseForm(request.body ?? '') : request.body;
  checkJson(body);
  // A body of optional fields only may be left out; null is a body.
  return parse(schema, body === undefined ? {} : body);
}

function readQuery(route: Route, request: Request): unknown {
  const query = parse(route.query ?? NOTHING, request.query);
  const { cursor } = query as { cursor?: unknown };
  return typeof cursor === 'string' ? { ...query, cursor: unmarked(route, cursor) } : query;
}

/** Reads and checks what a route's contract asks for; anything else is refused. */
export function inputReader(route: Route): (request: Request) => Input<Route> {
  return (request) => {
    // An id that no resource can have is like one that none has.
    const params = route.params?.safeDecode(request.params as never);
    if (params?.success === false) throw notFound('resource');
    return {
      params: params?.data,
      query: readQuery(route, request) as never,
      body: (route.method === 'get' ? undefined : readBody(route, request)) as never,
      if_match: route.conditional ? ifMatch(request) : undefined,
    };
  };
}
