import { readFileSync } from 'node:fs';
import { tracingFields } from '@roundhouse/telemetry/tracing';
import { z } from 'zod';
import { addresses } from './addresses.ts';

/** Outside the embedded mode nothing that is secret or an address has a default. */
const MODE = z.enum(['embedded', 'production']).default('production');

const port = z.coerce.number().int().min(1).max(65_535);

/** What every service is told by its environment. */
export const serviceConfig = z.object({
  PORT: port.default(3000),
  HOST: z.string().default('127.0.0.1'),
  /** How long a stopping process lets who holds an idle connection send on it or close it. */
  DRAIN_MS: z.coerce.number().int().min(0).max(120_000).default(10_000),
  /** Which build this is, for the metrics. */
  BUILD_REVISION: z.string().default('unknown'),
  /** Where the log goes in place of standard output. */
  LOG_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  /** As `<service>_app`, `<service>_worker` and `transport`. */
  DATABASE_URL: z.url(),
  DATABASE_WORKER_URL: z.url(),
  TRANSPORT_DATABASE_URL: z.url().optional(),
  /** Where it is told, RabbitMQ carries the events, and `transport` is not needed. */
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).optional(),
  /** Where auth serves its public keys. */
  AUTH_URL: addresses,
  ...tracingFields,
});
export type ServiceConfig = z.infer<typeof serviceConfig>;

/** Of these a process needs one. */
const CARRIERS = ['RABBITMQ_URL', 'TRANSPORT_DATABASE_URL'];

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/**
 * `X_FILE` names a file that holds X, as container engines hand secrets over: those in the
 * environment can be read by whoever may look at the container. Of a file that can't be read X is
 * missing.
 */
export function withFiles(names: string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const found = { ...env };
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (file !== undefined) found[name] ??= contentOf(file);
  }
  return found;
}

/**
 * Reads a process's configuration, and stops it with all problems at once where one is wrong or
 * missing. `embedded` gives the values that hold in the embedded mode alone.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  embedded: Partial<z.input<S>> = {},
  env: NodeJS.ProcessEnv = process.env,
): z.output<S> {
  const mode = MODE.parse(env.ROUNDHOUSE_MODE);
  const told = withFiles(Object.keys(schema.shape), env);
  const parsed = schema.safeParse(mode === 'embedded' ? { ...embedded, ...told } : told);
  const asked = CARRIERS.every((name) => name in schema.shape);
  const has_carrier = !asked || CARRIERS.some((name) => told[name] !== undefined);
  if (parsed.success && has_carrier) return parsed.data;
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')}: ${message}`),
    ...(has_carrier ? [] : [`  ${CARRIERS.join(' or ')}: one of them carries the events`]),
  ];
  process.stderr.write(`The configuration is not complete:\n${problems.join('\n')}\n`);
  process.exit(1);
}
