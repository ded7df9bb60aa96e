import { z } from 'zod';
import { normalizePath } from './path.ts';
import { patternProblem } from './path-pattern.ts';

const name = z.string().regex(/^[A-Za-z0-9._~-]+$/, 'must be letters, digits and . - _ ~');
const timeout = z.int().min(1).max(2_147_483_646).default(60_000);
const limit = z.number().positive().optional();
const origin = z
  .string()
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/, 'must be a plain origin: http://host:port');
const header = z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name');

const CorrelationId = z.strictObject({
  header_name: header.default('Kong-Request-ID'),
  // Stated, since Kong's own default is another: `uuid#counter`.
  generator: z.literal('uuid'),
  echo_downstream: z.boolean().default(false),
});

const Cors = z.strictObject({
  origins: z.array(origin).min(1),
  methods: z
    .array(z.string())
    .default(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']),
  headers: z.array(header).default([]),
  exposed_headers: z.array(header).default([]),
  max_age: z.int().min(0).optional(),
  credentials: z.boolean().default(false),
});

const Jwt = z.strictObject({
  key_claim_name: z.literal('kid'),
  // Kong's default verifies nothing and lets expired tokens in.
  claims_to_verify: z
    .array(z.enum(['exp', 'nbf']))
    .refine((claims) => claims.includes('exp'), 'must verify exp'),
  run_on_preflight: z.boolean().default(true),
});

const RateLimiting = z
  .strictObject({
    second: limit,
    minute: limit,
    hour: limit,
    policy: z.literal('local').default('local'),
    limit_by: z.enum(['consumer', 'ip', 'service', 'header']).default('consumer'),
    header_name: header.optional(),
  })
  .check((context) => {
    const { second, minute, hour, limit_by, header_name } = context.value;
    const limits = [second, minute, hour].filter((value) => value !== undefined);
    const complain = (message: string) =>
      context.issues.push({ code: 'custom', message, input: context.value });
    if (limits.length === 0) complain('needs second, minute or hour');
    if (limits.some((value, i) => value < (limits[i - 1] ?? 0))) {
      complain('a longer period may not have a lower limit');
    }
    if (limit_by === 'header' && header_name === undefined) complain('needs header_name');
  });

const RequestSizeLimiting = z.strictObject({
  allowed_payload_size: z.int().positive().default(128),
  size_unit: z.enum(['megabytes', 'kilobytes', 'bytes']).default('megabytes'),
  require_content_length: z.boolean().default(false),
});

const Plugin = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('correlation-id'), config: CorrelationId }),
  z.strictObject({ name: z.literal('cors'), config: Cors }),
  z.strictObject({ name: z.literal('jwt'), config: Jwt }),
  z.strictObject({ name: z.literal('request-size-limiting'), config: RequestSizeLimiting }),
  z.strictObject({ name: z.literal('rate-limiting'), config: RateLimiting }),
]);

const RoutePath = z.string().superRefine((path, context) => {
  const problem = path.startsWith('~') ? patternProblem(path.slice(1)) : prefixProblem(path);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const Route = z.strictObject({
  name,
  paths: z.array(RoutePath).min(1),
  methods: z
    .array(z.string().regex(/^[A-Z]+$/, 'must be in upper case'))
    .min(1)
    .optional(),
  strip_path: z.boolean().default(true),
  regex_priority: z.int().default(0),
  plugins: z.array(Plugin).default([]),
});

const ServiceUrl = z.string().transform((text, context) => {
  const parts = /^http:\/\/([A-Za-z0-9.-]+)(?::(\d{1,5}))?(\/.*)?$/.exec(text);
  const path = parts?.[3];
  if (parts === null || (path !== undefined && normalizePath(path) !== path)) {
    context.addIssue({ code: 'custom', message: 'must be http://host:port and a normalised path' });
    return z.NEVER;
  }
  return { host: parts[1] as string, port: Number(parts[2] ?? 80), path: path ?? '/' };
});

const Service = z.strictObject({
  name,
  url: ServiceUrl,
  retries: z.int().min(0).max(32_767).default(5),
  connect_timeout: timeout,
  write_timeout: timeout,
  read_timeout: timeout,
  routes: z.array(Route).min(1),
  plugins: z.array(Plugin).default([]),
});

const JwtSecret = z.strictObject({
  key: z.string().min(1),
  algorithm: z.literal('RS256'),
  rsa_public_key: z.string().min(1),
});

const Consumer = z.strictObject({
  username: name,
  custom_id: z.string().min(1).optional(),
  jwt_secrets: z.array(JwtSecret).default([]),
});

/** The part of Kong's declarative format 3.0 that this gateway keeps; any other key is an issue. */
export const Configuration = z.strictObject({
  _format_version: z.literal('3.0'),
  _transform: z.literal(true).optional(),
  _comment: z.string().optional(),
  // Kong ignores it: the place for YAML anchors.
  _ignore: z.array(z.unknown()).optional(),
  services: z.array(Service).default([]),
  consumers: z.array(Consumer).default([]),
  plugins: z.array(Plugin).default([]),
});

export type Configuration = z.infer<typeof Configuration>;
export type Service = Configuration['services'][number];
export type Route = Service['routes'][number];
export type Consumer = Configuration['consumers'][number];
export type Plugin = Configuration['plugins'][number];
export type PluginConfig<Name extends Plugin['name']> = Extract<Plugin, { name: Name }>['config'];

function prefixProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must start with / or ~/';
  if (/[^\x21-\x7e]/.test(path)) return 'only printable ASCII is supported';
  if (normalizePath(path) !== path) return 'must be normalised';
  // Kong takes it, and then /path itself answers 404.
  return path !== '/' && path.endsWith('/') ? 'must not end with a slash' : undefined;
}
