import { type Database, sql } from '@roundhouse/database';
import {
  type LinkState,
  postgresTransport,
  rabbitmqTransport,
  type Topology,
  type Transport,
} from '@roundhouse/events';
import type { ServiceConfig } from './config.ts';
import type { Logger } from './log.ts';

interface Parts {
  service: string;
  config: Pick<ServiceConfig, 'RABBITMQ_URL' | 'TRANSPORT_DATABASE_URL'>;
  worker: Database;
  logger: Logger;
}

/** Who reads what, as the set-up has written it into the service's own schema. */
async function topology(worker: Database): Promise<Topology> {
  const [row] = await worker.lookup<{ topology: Topology }>(
    sql`SELECT event_topology() AS topology`,
  );
  if (row === undefined) throw new Error('The database has no event_topology.');
  return row.topology;
}

/** What carries this process' events: RabbitMQ where its address is told, else Postgres. */
export function chooseTransport({ service, config, worker, logger }: Parts): Transport {
  const { RABBITMQ_URL: url, TRANSPORT_DATABASE_URL = '' } = config;
  const transport = url === undefined ? 'postgres' : 'rabbitmq';
  logger.info('transport', { event: 'transport_chosen', transport });
  const onState = (state: LinkState) => {
    if (state.is_up) logger.info('transport', { event: 'transport_found', transport });
    // Events wait in the outbox until it is back, so requests are answered as ever.
    else logger.warn('transport', { event: 'transport_lost', transport, cause: state.error });
  };
  if (url === undefined) return postgresTransport(TRANSPORT_DATABASE_URL, onState);
  return rabbitmqTransport({ url, service, topology: () => topology(worker), onState });
}
