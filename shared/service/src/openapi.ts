import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Contract, Route } from './contract.ts';

type Json = Record<string, unknown>;

const content = (type: string, schema: Json) => ({ content: { [type]: { schema } } });

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'stable, in snake_case' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901)' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

/**
 * Writes shapes as they are on the wire, before the codecs have made instants of texts. A shape
 * with a name (`.meta({ id })`) stands once, among the components; no two share a name.
 */
function schemaWriter() {
  const components: Record<string, Json> = { Problem: PROBLEM };
  const schemaOf = (shape: z.ZodType): Json => {
    const written = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' });
    const { $schema, $defs, ...schema } = JSON.parse(
      JSON.stringify(written).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'),
    );
    for (const [name, { id, ...named }] of Object.entries<Json>($defs ?? {})) {
      components[name] ??= named;
      if (!isDeepStrictEqual(components[name], named)) throw new Error(`two shapes named ${name}`);
    }
    return schema;
  };
  return { components, schemaOf };
}

type SchemaOf = ReturnType<typeof schemaWriter>['schemaOf'];

function parameters(route: Route, schemaOf: SchemaOf): Json[] {
  const of = (where: 'path' | 'query', shape: z.ZodObject | undefined): Json[] =>
    Object.entries(shape?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: where,
      required: where === 'path' || !schema.safeParse(undefined).success,
      schema: schemaOf(schema as z.ZodType),
    }));
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  return [
    ...of('path', route.params),
    ...of('query', route.query),
    ...(route.conditional ? [header('If-Match', 'the ETag of the version that you saw')] : []),
    ...(route.method === 'post' && route.idempotency !== 'none'
      ? [header('Idempotency-Key', 'same key and body, same answer; kept for 24 hours')]
      : []),
  ];
}

/** The codes that each refusing status may carry. */
function refusals(route: Route): Map<number, string[]> {
  const found = new Map<number, string[]>([
    [400, ['json_malformed']],
    [429, []],
    [503, []],
  ]);
  const add = (status: number, ...codes: string[]) =>
    found.set(status, [...(found.get(status) ?? []), ...codes]);
  if (!route.public) {
    add(401, 'token_missing', 'token_invalid');
    add(403, 'permission_missing');
  }
  if (route.params) add(404, 'not_found');
  if (route.body || route.query) add(422, 'invalid');
  if (route.body) add(413, 'body_too_large');
  if (route.body) add(415, 'content_type_unsupported');
  if (route.conditional) add(412, 'version_stale');
  if (route.method !== 'get') add(409, 'busy');
  for (const [code, status] of Object.entries(route.errors ?? {})) add(status, code);
  return found;
}

function operation(name: string, route: Route, schemaOf: SchemaOf): Json {
  const responses: Json = {
    [route.status]: {
      description: 'done',
      ...content('application/json', schemaOf(route.response)),
    },
  };
  for (const [status, codes] of [...refusals(route)].sort(([one], [other]) => one - other)) {
    responses[status] = {
      description: codes.length === 0 ? 'refused' : codes.map((code) => `\`${code}\``).join(', '),
      ...content('application/problem+json', { $ref: '#/components/schemas/Problem' }),
    };
  }
  return {
    operationId: name,
    summary: route.summary,
    security: route.public ? [] : [{ bearer: [] }],
    ...(route.permission ? { 'x-permission': route.permission } : {}),
    parameters: parameters(route, schemaOf),
    ...(route.body
      ? { requestBody: { required: true, ...content('application/json', schemaOf(route.body)) } }
      : {}),
    responses,
  };
}

/** The route's path as the gateway has it, in OpenAPI's notation. */
export const publicPath = (contract: Contract, route: Route): string =>
  `/api/v1/${route.area ?? contract.service}${route.path.replace(/:(\w+)/g, '{$1}')}`;

/** The OpenAPI 3.1 document of a service, with the paths that the gateway serves. */
export function openapi(contract: Contract): Json {
  const { components, schemaOf } = schemaWriter();
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(contract.routes)) {
    const path = publicPath(contract, route);
    paths[path] = { ...paths[path], [route.method]: operation(name, route, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Roundhouse ${contract.service}`, version: '1' },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}
