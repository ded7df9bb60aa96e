import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../database/services.ts';
import { serverHome } from '../postgres/server.ts';

/** What services can be told to reach by another port, where a proxy listens. */
const detours = ['postgres', 'transport', 'stripe'] as const;
export type Detour = (typeof detours)[number];

export interface LauncherOptions {
  port: number;
  /** Where everything is kept that outlives a run. */
  data: string;
  /** Where Postgres keeps its part: beside the rest, or for root where `nobody` can enter. */
  postgres_home: string;
  /** Processes of each service. */
  instances: number;
  /** Postgres' own port; the one of last time or a free one where undefined. */
  postgres_port: number | undefined;
  /** By which port services reach a server instead of its own: whoever tests puts a proxy there. */
  via: Partial<Record<Detour, number>>;
  /** Modules that a process imports before its own code, by the name of a service or a process. */
  preloads: { name: string; module: string }[];
  /** How long a stopping service waits for who holds idle connections to it. */
  drain_ms: string | undefined;
  fresh: boolean;
  demo: boolean;
  /** Written when all is ready: the addresses as KEY=VALUE lines. */
  ready_file: string | undefined;
}

export const USAGE = `scripts/start [--port 8080] [--data DIR] [--instances 1] [--fresh] [--no-demo]
  [--drain-ms 10000] [--ready-file FILE] [--postgres-port PORT]
  [--via postgres|transport|stripe=PORT]… [--preload SERVICE|PROCESS=MODULE]…`;
/** Each holds eight connections to the one Postgres. */
const MAX_INSTANCES = 8;

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new Error(USAGE);
  return port;
}

/** `NAME=VALUE` in two. */
function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(USAGE);
  return [text.slice(0, at), text.slice(at + 1)];
}

function viaOf(texts: string[]): LauncherOptions['via'] {
  const pairs = texts.map((text) => {
    const [name, port] = pairOf(text);
    if (!detours.some((known) => known === name)) throw new Error(USAGE);
    return [name, portOf(port)];
  });
  return Object.fromEntries(pairs);
}

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
      'postgres-port': { type: 'string' },
      via: { type: 'string', multiple: true, default: [] },
      preload: { type: 'string', multiple: true, default: [] },
    },
  });
  const port = portOf(values.port);
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
    postgres_port:
      values['postgres-port'] === undefined ? undefined : portOf(values['postgres-port']),
    via: viaOf(values.via),
    preloads: values.preload.map(pairOf).map(([named, module]) => ({ name: named, module })),
    drain_ms: values['drain-ms'],
    fresh: values.fresh,
    demo: !values['no-demo'],
    ready_file: values['ready-file'],
  };
}
