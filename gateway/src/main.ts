import { readFileSync } from 'node:fs';
import { createLogger, type Logger } from '@roundhouse/service/log';
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
  const logger = createLogger('gateway', environment.LOG_LEVEL);
  const gateway = createGateway({
    config: readFileSync(environment.GATEWAY_CONFIG, 'utf8'),
    upstreams: environment.GATEWAY_UPSTREAMS,
    logger,
  });
  process.on('SIGHUP', () => reload(gateway, environment.GATEWAY_CONFIG, logger));
  const { port } = await gateway.listen(environment.GATEWAY_PORT, environment.GATEWAY_HOST);
  logger.info('listening', { event: 'listening', port, host: environment.GATEWAY_HOST });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      logger.info('stopping', { event: 'stopping', signal });
      await gateway.close();
      logger.info('stopped', { event: 'stopped' });
    });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
