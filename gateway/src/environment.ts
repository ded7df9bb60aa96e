import { z } from 'zod';

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

const port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  GATEWAY_CONFIG: z.string().min(1),
  GATEWAY_PORT: port,
  /** Of the admin API; without it the port after the gateway's. */
  GATEWAY_ADMIN_PORT: port.optional(),
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  GATEWAY_UPSTREAMS: Upstreams,
  /** Where the log goes in place of standard output. */
  LOG_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
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
