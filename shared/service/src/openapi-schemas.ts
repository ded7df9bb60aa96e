import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type Json = Record<string, unknown>;

const PROBLEM: Json = {
  type: 'object',
  description: 'What is refused, and why (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable, in snake_case.' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      description: 'Each field that is wrong.',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'A JSON Pointer (RFC 6901).' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

/** What the gateway answers by itself, before a service is asked: as Kong does. */
const REFUSAL_OF_THE_EDGE: Json = {
  type: 'object',
  required: ['message'],
  properties: { message: { type: 'string' }, request_id: { type: 'string' } },
};

const OAUTH_ERROR: Json = {
  type: 'object',
  description: 'What is refused, and why (RFC 6749 5.2).',
  required: ['error', 'error_description'],
  properties: {
    error: { type: 'string', description: 'Stable, in snake_case.' },
    error_description: { type: 'string' },
  },
};

/** Few tools know Unicode's categories in a pattern; Cc is these two ranges, for good. */
const portable = (pattern: string) =>
  pattern
    .replaceAll(
      '(\\P{Cc}|[\\n\\r\\t])',
      '[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]',
    )
    .replaceAll('\\P{Cc}', '[^\\u0000-\\u001f\\u007f-\\u009f]');

/**
 * Writes shapes as they are on the wire, before the codecs have made instants of texts. A shape
 * with a name (`.meta({ id })`) stands once, among the components; no two share a name.
 */
export function schemaWriter() {
  const components: Record<string, Json> = {
    Problem: PROBLEM,
    OAuthError: OAUTH_ERROR,
    RefusalOfTheEdge: REFUSAL_OF_THE_EDGE,
  };
  const schemaOf = (shape: z.ZodType): Json => {
    const written = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' });
    const text = JSON.stringify(written, (key, value) =>
      key === 'pattern' && typeof value === 'string' ? portable(value) : value,
    );
    const { $schema, $defs, ...schema } = JSON.parse(
      text.replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'),
    );
    for (const [name, { id, ...named }] of Object.entries<Json>($defs ?? {})) {
      components[name] ??= named;
      if (!isDeepStrictEqual(components[name], named)) throw new Error(`two shapes named ${name}`);
    }
    return schema;
  };
  return { components, schemaOf };
}

export type SchemaOf = ReturnType<typeof schemaWriter>['schemaOf'];
