import type { z } from 'zod';
import type { Contract, Route } from './contract.ts';
import { mediaTypeOf } from './media-types.ts';
import { isKeyed, responsesOf } from './openapi-responses.ts';
import { type Json, type SchemaOf, schemaWriter } from './openapi-schemas.ts';

function parameters(route: Route, schemaOf: SchemaOf): Json[] {
  const of = (where: 'path' | 'query', shape: z.ZodObject | undefined): Json[] =>
    Object.entries(shape?.shape ?? {}).map(([name, schema]) => {
      const { description, ...written } = schemaOf(schema as z.ZodType);
      return {
        name,
        in: where,
        required: where === 'path' || !schema.safeParse(undefined).success,
        ...(description === undefined ? {} : { description }),
        schema: written,
      };
    });
  const header = (name: string, description: string, schema: Json): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', ...schema },
  });
  const version = { pattern: '^(\\*|"[1-9]\\d{0,14}")$', examples: ['"1"'] };
  const key = { minLength: 1, maxLength: 255, pattern: '^[ -~]+$' };
  return [
    ...of('path', route.params),
    ...of('query', route.query),
    ...(route.conditional
      ? [header('If-Match', 'The ETag of the version that you saw; another one is 412.', version)]
      : []),
    ...(isKeyed(route)
      ? [header('Idempotency-Key', 'Same key and body, same answer; kept for 24 hours.', key)]
      : []),
  ];
}

function requestBody(route: Route, schemaOf: SchemaOf): Json {
  if (route.body === undefined) return {};
  // A body of optional fields only may be left out.
  const required = !route.body.safeDecode({} as never).success;
  const type = mediaTypeOf(route.body_type);
  return { requestBody: { required, content: { [type]: { schema: schemaOf(route.body) } } } };
}

/** A person's token is judged by roles; of a machine's the scope has to have the permission. */
const securityOf = ({ permission }: Route): Json[] =>
  permission === undefined ? [] : [{ bearer: [] }, { oauth2: [permission] }];

function securitySchemes({ routes }: Contract): Json {
  const permissions = Object.values(routes).flatMap(({ permission = [] }) => permission);
  const scopes = Object.fromEntries([...new Set(permissions)].sort().map((name) => [name, '']));
  const tokenUrl = `${BASE}/auth/token`;
  return {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT (RFC 9068)' },
    oauth2: {
      type: 'oauth2',
      flows: {
        password: { tokenUrl, refreshUrl: tokenUrl, scopes: {} },
        clientCredentials: { tokenUrl, scopes },
      },
    },
  };
}

function operation(name: string, contract: Contract, schemaOf: SchemaOf): Json {
  const route = contract.routes[name] as Route;
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.area ?? contract.service],
    security: securityOf(route),
    ...(route.permission ? { 'x-permission': route.permission } : {}),
    parameters: parameters(route, schemaOf),
    ...requestBody(route, schemaOf),
    responses: responsesOf(name, contract, schemaOf),
  };
}

/** Where the gateway begins. */
const BASE = '/api/v1';

/** The route's path below the gateway's base, in OpenAPI's notation. */
const documentPath = (contract: Contract, route: Route): string =>
  `/${route.area ?? contract.service}${route.path.replace(/:(\w+)/g, '{$1}')}`;

/** The route's path as the gateway has it, in OpenAPI's notation. */
export const publicPath = (contract: Contract, route: Route): string =>
  `${BASE}${documentPath(contract, route)}`;

/** The OpenAPI 3.1 document of a service, with the paths that the gateway serves. */
export function openapi(contract: Contract): Json {
  const { components, schemaOf } = schemaWriter();
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(contract.routes)) {
    const path = documentPath(contract, route);
    paths[path] = { ...paths[path], [route.method]: operation(name, contract, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Roundhouse ${contract.service}`, version: '1' },
    servers: [{ url: BASE, description: 'the gateway' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: securitySchemes(contract),
    },
  };
}
