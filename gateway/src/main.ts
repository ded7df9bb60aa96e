import { readFileSync } from 'node:fs';
import { createLogger, endOnBug, type Logger } from '@roundhouse/service/log';
import { startTracing } from '@roundhouse/telemetry/tracing';
import { ConfigurationError } from './configuration.ts';
import { readEnvironment } from './environment.ts';
import { createGateway, type Gateway } from './gateway.ts';

/** As with Kong a bad file changes nothing; unlike Kong this one says so. */
function reload(gateway: Gateway, file: string, logger: Logger): void {
  try {
    gateway.reload(readFileSync(file, 'utf8'));
    logger.info('reloaded', { event: 'reloaded' });
  } catch (error) {
    const problems = error instanceof ConfigurationError ? error.problems : [String(error)];
    const message = 'The reload is refused; the configuration before stays in force.';
    logger.error(message, { event: 'reload_refused', problems });
  }
}

try {
  const environment = readEnvironment(process.env);
  const logger = createLogger('gateway', environment.LOG_LEVEL, environment.LOG_FILE);
  endOnBug(logger);
  const tracing = await startTracing(environment, {
    service: 'gateway',
    revision: environment.BUILD_REVISION,
    onLost: (spans, cause) => logger.warn('traces', { event: 'traces_lost', spans, cause }),
  });
  const gateway = createGateway({
    config: readFileSync(environment.GATEWAY_CONFIG, 'utf8'),
    upstreams: environment.GATEWAY_UPSTREAMS,
    trusted: environment.GATEWAY_TRUSTED_PROXIES,
    logger,
  });
  process.on('SIGHUP', () => reload(gateway, environment.GATEWAY_CONFIG, logger));
  const { GATEWAY_PORT, GATEWAY_HOST, GATEWAY_ADMIN_PORT = GATEWAY_PORT + 1 } = environment;
  // First, so that whoever sees the gateway answer finds this one too.
  const admin = await gateway.listenAdmin(GATEWAY_ADMIN_PORT).catch((error: unknown) => {
    throw new Error(`The admin API can't have port ${GATEWAY_ADMIN_PORT}: ${error}`);
  });
  const { port } = await gateway.listen(GATEWAY_PORT, GATEWAY_HOST).catch(async (error) => {
    await gateway.close();
    throw error;
  });
  const addresses = { port, host: GATEWAY_HOST, admin_port: admin.port };
  logger.info('listening', { event: 'listening', ...addresses });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      logger.info('stopping', { event: 'stopping', signal });
      await gateway.close();
      await tracing.stop();
      logger.info('stopped', { event: 'stopped' });
      // A collector that does not answer would hold it up.
      process.exit(0);
    });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
