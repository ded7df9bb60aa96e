import { z } from 'zod';

const limit = z.number().positive().optional();
const origin = z
  .string()
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/, 'must be a plain origin: http://host:port');
const header = z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name');

/** Labels of entities, for the filter of the admin API; they decide nothing. */
export const tags = z
  .array(
    z
      .string()
      .regex(/^[\x20-\x7e]+$/, 'must be printable')
      .regex(/^[^,/]+$/, 'has , or /'),
  )
  .refine((all) => new Set(all).size === all.length, 'names a tag twice')
  .optional();

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

const Redis = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(6379),
  /** Milliseconds that a request may wait for Redis. */
  timeout: z.int().min(1).max(2_147_483_646).default(2000),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  database: z.int().min(0).default(0),
  ssl: z.boolean().default(false),
  ssl_verify: z.boolean().default(false),
  server_name: z.string().min(1).optional(),
});

const RateLimiting = z
  .strictObject({
    second: limit,
    minute: limit,
    hour: limit,
    policy: z.enum(['local', 'redis']).default('local'),
    limit_by: z.enum(['consumer', 'ip', 'service', 'header']).default('consumer'),
    header_name: header.optional(),
    fault_tolerant: z.boolean().default(true),
    // Counting behind the requests' back lets through more than the limit.
    sync_rate: z.literal(-1).default(-1),
    redis: Redis.optional(),
  })
  .check((context) => {
    const { second, minute, hour, limit_by, header_name, policy, redis } = context.value;
    const limits = [second, minute, hour].filter((value) => value !== undefined);
    const complain = (message: string) =>
      context.issues.push({ code: 'custom', message, input: context.value });
    if (limits.length === 0) complain('needs second, minute or hour');
    if (limits.some((value, i) => value < (limits[i - 1] ?? 0))) {
      complain('a longer period may not have a lower limit');
    }
    if (limit_by === 'header' && header_name === undefined) complain('needs header_name');
    if (policy === 'redis' && redis === undefined) complain('needs redis');
  });

const RequestSizeLimiting = z.strictObject({
  allowed_payload_size: z.int().positive().default(128),
  size_unit: z.enum(['megabytes', 'kilobytes', 'bytes']).default('megabytes'),
  require_content_length: z.boolean().default(false),
});

const RequestTermination = z
  .strictObject({
    status_code: z.int().min(200).max(599).default(503),
    message: z.string().min(1).optional(),
    content_type: z.string().min(1).optional(),
    body: z.string().min(1).optional(),
  })
  .check((context) => {
    const { message, content_type, body } = context.value;
    const complain = (message: string) =>
      context.issues.push({ code: 'custom', message, input: context.value });
    if (message !== undefined && (content_type ?? body) !== undefined) {
      complain('has a message beside content_type or body');
    }
    if (content_type !== undefined && body === undefined) complain('has content_type and no body');
  });

const Prometheus = z.strictObject({
  status_code_metrics: z.boolean().default(false),
  latency_metrics: z.boolean().default(false),
  bandwidth_metrics: z.boolean().default(false),
  /** Has nothing to show: there are no `upstreams`. */
  upstream_health_metrics: z.boolean().default(false),
  per_consumer: z.boolean().default(false),
});

export const Plugin = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('correlation-id'), tags, config: CorrelationId }),
  z.strictObject({ name: z.literal('cors'), tags, config: Cors }),
  z.strictObject({ name: z.literal('jwt'), tags, config: Jwt }),
  z.strictObject({ name: z.literal('request-size-limiting'), tags, config: RequestSizeLimiting }),
  z.strictObject({ name: z.literal('rate-limiting'), tags, config: RateLimiting }),
  z.strictObject({ name: z.literal('request-termination'), tags, config: RequestTermination }),
  z.strictObject({ name: z.literal('prometheus'), tags, config: Prometheus }),
]);

export type Plugin = z.infer<typeof Plugin>;
export type PluginConfig<Name extends Plugin['name']> = Extract<Plugin, { name: Name }>['config'];
