import { tracingFields } from '@roundhouse/telemetry/tracing';
import { z } from 'zod';
import { trustedProxies } from './client-address.ts';

const ADDRESS = /^[A-Za-z0-9.-]+:\d{1,5}$/;

const Upstreams = z
  .string()
  .default('')
  .transform((text, context) => {
    const pairs = text.split(',').filter((pair) => pair !== '');
    const addresses = new Map<string, string[]>();
    for (const pair of pairs) {
      const [from = '', to = '', ...rest] = pair.split('=');
      const found = to.split('|');
      if (![from, ...found].every((address) => ADDRESS.test(address)) || rest.length > 0) {
        const message = `${pair} is not host:port=host:port|host:port`;
        context.addIssue({ code: 'custom', message });
      }
      addresses.set(from, found);
    }
    return addresses;
  });

const Proxies = z
  .string()
  .default('')
  .transform((text, context) => {
    try {
      return trustedProxies(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

const port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  GATEWAY_CONFIG: z.string().min(1),
  GATEWAY_PORT: port,
  /** Of the admin API; without it the port after the gateway's. */
  GATEWAY_ADMIN_PORT: port.optional(),
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  GATEWAY_UPSTREAMS: Upstreams,
  /** Whose X-Forwarded-For is believed: addresses and CIDRs, commas between them. */
  GATEWAY_TRUSTED_PROXIES: Proxies,
  /** Where the log goes in place of standard output. */
  LOG_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  /** Which build this is, for the traces. */
  BUILD_REVISION: z.string().default('unknown'),
  ...tracingFields,
});

export type Environment = z.infer<typeof Environment>;

/** The settings of the process; throws once, with all that is wrong. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const result = Environment.safeParse(variables);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `  ${path.join('.')}: ${message}`,
  );
  throw new Error(`The gateway can't start:\n${problems.join('\n')}`);
}
