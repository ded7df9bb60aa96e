import { withFiles } from '@roundhouse/service/config';
import { createLogger } from '@roundhouse/service/log';
import { z } from 'zod';
import { createEmulator } from './emulator.ts';

const Port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  STRIPE_EMULATOR_PORT: Port,
  STRIPE_EMULATOR_ADMIN_PORT: Port,
  STRIPE_EMULATOR_HOST: z.string().default('127.0.0.1'),
  STRIPE_EMULATOR_STORE: z.string().min(1),
  STRIPE_EMULATOR_KEY: z.string().startsWith('sk_test_'),
  STRIPE_EMULATOR_WEBHOOK_URL: z.url(),
  STRIPE_EMULATOR_WEBHOOK_SECRET: z.string().startsWith('whsec_'),
});

const log = createLogger('stripe-emulator');
const told = withFiles(Object.keys(Environment.shape), process.env);
const environment = Environment.safeParse(told);
if (environment.success) await run(environment.data);
else {
  log.error('environment', {
    event: 'environment_refused',
    problems: z.prettifyError(environment.error),
  });
  process.exitCode = 1;
}

async function run(settings: z.infer<typeof Environment>): Promise<void> {
  const emulator = createEmulator({
    key: settings.STRIPE_EMULATOR_KEY,
    store: settings.STRIPE_EMULATOR_STORE,
    webhook: {
      url: settings.STRIPE_EMULATOR_WEBHOOK_URL,
      secret: settings.STRIPE_EMULATOR_WEBHOOK_SECRET,
    },
    port: settings.STRIPE_EMULATOR_PORT,
    admin_port: settings.STRIPE_EMULATOR_ADMIN_PORT,
    host: settings.STRIPE_EMULATOR_HOST,
    log,
  });
  const stop = async (signal: string) => {
    log.info('stopping', { event: 'stopping', signal });
    await emulator.close();
    log.info('stopped', { event: 'stopped' });
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
  log.info('listening', { event: 'listening', ...(await emulator.listen()) });
}
