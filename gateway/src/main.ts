import { readFileSync } from 'node:fs';
import { createLogger } from '@roundhouse/service/log';
import { readEnvironment } from './environment.ts';
import { createGateway } from './gateway.ts';

try {
  const environment = readEnvironment(process.env);
  const logger = createLogger('gateway', environment.LOG_LEVEL);
  const gateway = createGateway({
    config: readFileSync(environment.GATEWAY_CONFIG, 'utf8'),
    upstreams: environment.GATEWAY_UPSTREAMS,
    logger,
  });
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
