import type { z } from 'zod';
import type { Contract, Route } from './contract.ts';
import { CSV_TYPE } from './media-types.ts';
import { linksOf } from './openapi-links.ts';
import type { Json, SchemaOf } from './openapi-schemas.ts';
import { problemExample } from './problem.ts';

export const isKeyed = ({ method, idempotency }: Route): boolean =>
  method === 'post' && idempotency !== 'none';

/** The fields of an answer, where it is one object. */
const fieldsOf = (shape: z.ZodType): Record<string, z.ZodType> =>
  (shape as Partial<z.ZodObject>).shape ?? {};

/** What any route may be refused with, by status. */
function commonCodes(route: Route): [number, string[]][] {
  const takes_body = route.method !== 'get';
  const malformed = [
    ...(takes_body ? ['json_malformed', 'json_too_deep', 'text_malformed'] : []),
    ...(isKeyed(route) ? ['idempotency_key_malformed'] : []),
    ...(route.conditional ? ['if_match_malformed'] : []),
  ];
  const conflicts = [
    'busy',
    ...(isKeyed(route) ? ['idempotency_key_in_use', 'answer_redacted'] : []),
  ];
  const invalid = ['invalid', ...(isKeyed(route) ? ['idempotency_key_reused'] : [])];
  return [
    [400, malformed],
    // What a link opens is shut with its business, too.
    ...(route.public
      ? ([[403, ['tenant_suspended']]] as [number, string[]][])
      : ([
          [401, ['token_missing', 'token_invalid', 'token_revoked']],
          [403, ['permission_missing', 'tenant_suspended']],
        ] as [number, string[]][])),
    ...(route.params ? ([[404, ['not_found']]] as [number, string[]][]) : []),
    ...(takes_body
      ? ([
          [409, conflicts],
          [413, ['body_too_large']],
          [415, ['content_type_unsupported', 'charset_unsupported']],
        ] as [number, string[]][])
      : []),
    [414, []],
    ...(route.conditional ? ([[412, ['version_stale']]] as [number, string[]][]) : []),
    [422, invalid],
    [429, ['tenant_rate_limited']],
    [503, ['database_unavailable']],
  ];
}

/** The same in the words of RFC 6749 5.2, which has one for whatever is wrong with a request. */
const OAUTH_CODES: [number, string[]][] = [
  [400, ['invalid_request']],
  [413, ['invalid_request']],
  [414, []],
  [429, []],
  [503, ['temporarily_unavailable']],
];

/** The codes that each refusing status may carry. */
function refusals(route: Route): Map<number, string[]> {
  const found = new Map(route.refusal_type === 'oauth' ? OAUTH_CODES : commonCodes(route));
  for (const [code, status] of Object.entries(route.errors ?? {})) {
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return found;
}

const header = (description: string, schema: Json, required = false): Json => ({
  description,
  required,
  schema,
});
const whole: Json = { type: 'integer', minimum: 0 };

/** Statuses that the gateway itself may answer with, before a service is asked. */
const OF_THE_EDGE = new Set([400, 401, 413, 414, 429, 503]);

function refusalHeaders(status: number): Json {
  const seconds = header('When to try again, in seconds.', whole);
  if (status === 401) {
    return { 'WWW-Authenticate': header('RFC 6750 3.', { type: 'string' }) };
  }
  if (status === 405) return { Allow: header('What the path has.', { type: 'string' }) };
  if (status !== 429) return status === 503 ? { 'Retry-After': seconds } : {};
  return {
    'Retry-After': seconds,
    'RateLimit-Limit': header('Requests that the window allows.', whole),
    'RateLimit-Remaining': header('Requests that are left of them.', whole),
    'RateLimit-Reset': header('When the window ends, in seconds.', whole),
    RateLimit: header("The business' own limit, where that was met.", { type: 'string' }),
    'RateLimit-Policy': header('How much that limit allows.', { type: 'string' }),
  };
}

/** What clients of OAuth are told (RFC 6749 5.2). */
function oauthRefusal(status: number, codes: string[]): Json {
  const [own, edge] = ['OAuthError', 'RefusalOfTheEdge'].map((name) => ({
    $ref: `#/components/schemas/${name}`,
  }));
  const schema = OF_THE_EDGE.has(status) ? { anyOf: [own, edge] } : own;
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: refusalHeaders(status),
    content: { 'application/json': { schema } },
  };
}

/** A problem, and what the codes that may come with this status tell besides. */
function problemSchema(codes: string[], route: Route, schemaOf: SchemaOf): Json {
  const problem = { $ref: '#/components/schemas/Problem' };
  const further = codes.flatMap((code) => {
    const members = route.members?.[code];
    if (members === undefined) return [];
    return [{ anyOf: [{ properties: { code: { not: { const: code } } } }, schemaOf(members)] }];
  });
  return further.length === 0 ? problem : { allOf: [problem, ...further] };
}

function refusal(status: number, codes: string[], route: Route, schemaOf: SchemaOf): Json {
  const examples = Object.fromEntries(
    codes.map((code) => {
      const [further] = (route.members?.[code]?.meta()?.examples ?? []) as Json[];
      return [code, { value: { ...further, ...problemExample(status, code) } }];
    }),
  );
  const schema = problemSchema(codes, route, schemaOf);
  const edge = { schema: { $ref: '#/components/schemas/RefusalOfTheEdge' } };
  return {
    description: codes.length === 0 ? 'refused' : codes.map((code) => `\`${code}\``).join(', '),
    headers: refusalHeaders(status),
    content: {
      'application/problem+json': {
        schema,
        ...(codes.length === 0 ? {} : { examples }),
      },
      ...(OF_THE_EDGE.has(status) ? { 'application/json': edge } : {}),
    },
  };
}

function success(name: string, contract: Contract, schemaOf: SchemaOf): Json {
  const route = contract.routes[name] as Route;
  const tag = header('The version, for If-Match.', { type: 'string' }, true);
  const replayed = header('The answer is the stored one of the same key.', { const: 'true' });
  return {
    description: 'done',
    headers: {
      ...('version' in fieldsOf(route.response) ? { ETag: tag } : {}),
      ...(isKeyed(route) ? { 'Idempotent-Replayed': replayed } : {}),
      'X-Request-ID': header('To name this request to us.', { type: 'string' }),
    },
    content:
      route.response_type === 'csv'
        ? { [CSV_TYPE]: { schema: { type: 'string' } } }
        : { 'application/json': { schema: schemaOf(route.response) } },
    links: linksOf(name, contract),
  };
}

export function responsesOf(name: string, contract: Contract, schemaOf: SchemaOf): Json {
  const route = contract.routes[name] as Route;
  const found = [...refusals(route)].sort(([one], [other]) => one - other);
  const told = (status: number, codes: string[]) =>
    route.refusal_type === 'oauth'
      ? oauthRefusal(status, codes)
      : refusal(status, codes, route, schemaOf);
  return {
    [route.status]: success(name, contract, schemaOf),
    ...Object.fromEntries(found.map(([status, codes]) => [status, told(status, codes)])),
  };
}
