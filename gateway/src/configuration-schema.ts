import { z } from 'zod';
import { normalizePath } from './path.ts';
import { patternProblem } from './path-pattern.ts';
import { Plugin, tags } from './plugin-schemas.ts';

const name = z.string().regex(/^[A-Za-z0-9._~-]+$/, 'must be letters, digits and . - _ ~');
const timeout = z.int().min(1).max(2_147_483_646).default(60_000);

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
  request_buffering: z.boolean().default(true),
  // Answers always pass at once here, as they do in nginx unless the client is slow.
  response_buffering: z.boolean().default(true),
  tags,
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
  tags,
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
  tags,
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
function prefixProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must start with / or ~/';
  if (/[^\x21-\x7e]/.test(path)) return 'only printable ASCII is supported';
  if (normalizePath(path) !== path) return 'must be normalised';
  // Kong takes it, and then /path itself answers 404.
  return path !== '/' && path.endsWith('/') ? 'must not end with a slash' : undefined;
}
