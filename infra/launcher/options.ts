import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../database/services.ts';
import { serverHome } from '../postgres/server.ts';

export interface LauncherOptions {
  port: number;
  /** Where everything is kept that outlives a run. */
  data: string;
  /** Where Postgres keeps its part: beside the rest, or for root where `nobody` can enter. */
  postgres_home: string;
  /** Processes of each service. */
  instances: number;
  /** How long a stopping service waits for who holds idle connections to it. */
  drain_ms: string | undefined;
  fresh: boolean;
  demo: boolean;
  /** Written when all is ready: the addresses as KEY=VALUE lines. */
  ready_file: string | undefined;
}

const USAGE = `scripts/start [--port 8080] [--data DIR] [--instances 1] [--fresh] [--no-demo]
  [--drain-ms 10000] [--ready-file FILE]`;
/** Each holds eight connections to the one Postgres. */
const MAX_INSTANCES = 8;

export function readOptions(args: string[]): LauncherOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '8080' },
      data: { type: 'string', default: join(repository, '.roundhouse') },
      instances: { type: 'string', default: '1' },
      'drain-ms': { type: 'string' },
      fresh: { type: 'boolean', default: false },
      'no-demo': { type: 'boolean', default: false },
      'ready-file': { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new Error(USAGE);
  const instances = Number(values.instances);
  if (!Number.isInteger(instances) || instances < 1 || instances > MAX_INSTANCES) {
    throw new Error(USAGE);
  }
  const data = resolve(values.data);
  const name = createHash('sha256').update(data).digest('hex').slice(0, 12);
  return {
    port,
    data,
    postgres_home: serverHome(data, name),
    instances,
    drain_ms: values['drain-ms'],
    fresh: values.fresh,
    demo: !values['no-demo'],
    ready_file: values['ready-file'],
  };
}
