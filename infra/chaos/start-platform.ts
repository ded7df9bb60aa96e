import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { pidOf } from '../../scripts/e2e/lib/processes.ts';
import { startPlatform as launch } from '../../scripts/test-platform.ts';
import { clearedAtExit } from '../../scripts/test-processes.ts';
import { untilHolds } from '../../scripts/waiting.ts';
import { repository, serviceFolders } from '../database/services.ts';
import { readOptions } from '../launcher/options.ts';
import { freePorts } from '../launcher/ports.ts';
import { type RabbitServer, rabbitServer } from '../rabbitmq/server.ts';
import type { Behind, Platform, PlatformNeeds, TransportName } from './platform.ts';
import { type TcpProxy, tcpProxy } from './proxy.ts';
import type { Random } from './random.ts';

const READY_DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 50;
/** What one look into the database may take, and how often it is tried while that is away. */
const LOOKS = 40;
const LOOK_AGAIN_MS = 500;

export interface StartOptions {
  transport: TransportName;
  /** Of each service, where the needs do not say otherwise. */
  instances: number;
  needs: PlatformNeeds;
  random: Random;
}

const isUp = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(1_000), headers: { connection: 'close' } }).then(
    ({ ok }) => ok,
    () => false,
  );

const until = (what: string, done: () => Promise<boolean> | boolean) =>
  untilHolds(what, READY_DEADLINE_MS, done, LOOK_EVERY_MS);

function processControl(addresses: Record<string, string>, services: string[], instances: number) {
  const instancesOf = (service: string) =>
    instances === 1
      ? [service]
      : Array.from({ length: instances }, (_, index) => `${service}-${index + 1}`);
  const processes = [...services.flatMap(instancesOf), 'stripe', 'gateway'];
  const readyUrls = new Map([
    ['gateway', `${addresses.GATEWAY_URL}/api/v1/auth/health`],
    ['stripe', `${addresses.STRIPE_ADMIN_URL}/health`],
  ]);
  for (const service of services) {
    const urls = addresses[`${service.toUpperCase()}_URL`]?.split(',') ?? [];
    for (const [index, name] of instancesOf(service).entries()) {
      readyUrls.set(name, `${urls[index]}/health/ready`);
    }
  }
  const isReady = (name: string) => isUp(String(readyUrls.get(name)));
  return {
    processes,
    instancesOf,
    pid: pidOf,
    signal: (name: string, signal: NodeJS.Signals = 'SIGKILL') => {
      const pid = pidOf(name);
      if (pid !== undefined) process.kill(pid, signal);
      return pid !== undefined;
    },
    ready: (name: string, before?: number) =>
      until(`${name} is ready`, async () => pidOf(name) !== before && (await isReady(name))),
    log: (name: string) => {
      const file = join(String(addresses.DATA_DIR), 'logs', `${name}.log`);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    },
  };
}

function postgresControl(addresses: Record<string, string>): Platform['postgres'] {
  const { postgres_home } = readOptions(['--data', String(addresses.DATA_DIR)]);
  const file = join(postgres_home, 'data/postmaster.pid');
  const postmaster = () => Number(readFileSync(file, 'utf8').split('\n')[0]);
  const childrenOf = (parent: number) =>
    execFileSync('ps', ['-eo', 'pid=,ppid='])
      .toString()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, ppid]) => ppid === parent)
      .map(([pid]) => Number(pid));
  const end = (pid: number, signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  const takesConnections = async () => {
    const connectionTimeoutMillis = 1_000;
    const client = new pg.Client({
      connectionString: addresses.DATABASE_URL,
      connectionTimeoutMillis,
    });
    client.on('error', () => undefined);
    const taken = client.connect().then(
      () => true,
      () => false,
    );
    if (!(await taken)) return false;
    await client.end();
    return true;
  };
  const ready = () => until('PostgreSQL takes connections', takesConnections);
  return {
    ready,
    signal: (name) => end(postmaster(), name),
    kill: async () => {
      const parent = postmaster();
      for (const pid of [parent, ...childrenOf(parent)]) end(pid, 'SIGKILL');
    },
    restart: async () => {
      const before = postmaster();
      // What `pg_ctl restart -m fast` begins with; the launcher starts it again within a second.
      end(before, 'SIGINT');
      const isAnother = () => existsSync(file) && postmaster() !== before;
      await until('PostgreSQL starts anew', isAnother);
      await ready();
    },
  };
}

/** Past every proxy, and patient: what it asks is to be known, whatever is down just now. */
function looker(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  const rows = async <Row>(sql: string, values: unknown[] = []): Promise<Row[]> => {
    for (let left = LOOKS; ; left -= 1) {
      try {
        return (await pool.query(sql, values)).rows as Row[];
      } catch (error) {
        const { code } = error as { code?: string };
        const gone = code === undefined || /^(08|57|53|ECONN|EPIPE)/.test(code);
        if (!gone || left === 0) throw error;
        await setTimeout(LOOK_AGAIN_MS);
      }
    }
  };
  return { rows, end: () => pool.end() };
}

function stripeControl(url: string): Platform['stripe'] {
  return {
    control: async (body) => {
      const answer = await fetch(`${url}/control`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`Stripe's control: ${answer.status} ${await answer.text()}`);
    },
    get: async (path) => (await fetch(`${url}${path}`)).json(),
  };
}

/** Proxies, and where they lead; Stripe's port is known only when it has been started. */
async function openProxies(wanted: readonly Behind[], to: Record<Behind, number>, random: Random) {
  const targets = new Map<Behind, { host: string; port: number }>();
  const proxies: Partial<Record<Behind, TcpProxy>> = {};
  const nextPort = freePorts(Object.values(to));
  for (const name of wanted) {
    const target = { host: '127.0.0.1', port: to[name] };
    targets.set(name, target);
    const fork = random.fork(`proxy ${name}`);
    proxies[name] = await tcpProxy({ target, port: await nextPort(), random: fork.next });
  }
  return { proxies, targets };
}

async function startBroker(scratch: string, port: number): Promise<RabbitServer> {
  const broker = rabbitServer({ home: join(scratch, 'rabbitmq'), port });
  if (broker === undefined) throw new Error('There is no RabbitMQ on this machine.');
  await broker.start();
  return broker;
}

function preloadArguments(needs: PlatformNeeds, scratch: string, services: string[]): string[] {
  const preloads = Object.entries(needs.preloads?.(scratch) ?? {});
  return preloads.flatMap(([name, modules]) =>
    (name === '*' ? services : [name]).flatMap((one) =>
      modules.flatMap((module) => ['--preload', `${one}=${module}`]),
    ),
  );
}

/** Starts one, whose addresses are then in the environment too: the load's callers ask there. */
export async function startPlatform(options: StartOptions): Promise<Platform> {
  const { transport, needs, random } = options;
  const instances = needs.instances ?? options.instances;
  const scratch = mkdtempSync(join(tmpdir(), 'roundhouse-chaos-'));
  const clear = clearedAtExit(() => rmSync(scratch, { recursive: true, force: true }));
  const services = serviceFolders().map(({ name }) => name);
  const nextPort = freePorts();
  const ports = { postgres: await nextPort(), broker: await nextPort() };
  const onRabbit = transport === 'rabbitmq';
  const broker = onRabbit ? await startBroker(scratch, ports.broker) : undefined;
  const carrier = onRabbit ? ports.broker : ports.postgres;
  const to = { postgres: ports.postgres, transport: carrier, stripe: 0 };
  const { proxies, targets } = await openProxies(needs.proxies ?? [], to, random);
  // A broker is told to services by its own address, the others by the launcher's option.
  const via = Object.entries(proxies).filter(([name]) => !(onRabbit && name === 'transport'));
  const brokerPort = String(proxies.transport?.port ?? ports.broker);
  const environment: Record<string, string> = onRabbit
    ? { RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${brokerPort}` }
    : {};
  const launched = await launch(
    join(repository, 'scripts/start'),
    [
      '--no-demo',
      ...['--instances', String(instances), '--postgres-port', String(ports.postgres)],
      ...via.flatMap(([name, proxy]) => ['--via', `${name}=${proxy?.port}`]),
      ...preloadArguments(needs, scratch, services),
      ...(needs.arguments ?? []),
    ],
    environment,
  );
  const { addresses } = launched;
  Object.assign(process.env, addresses);
  const stripe = targets.get('stripe');
  if (stripe !== undefined) stripe.port = Number(new URL(String(addresses.STRIPE_URL)).port);
  const control = processControl(addresses, services, instances);
  const look = looker(String(addresses.DATABASE_URL));
  return {
    ...{ transport, instances, addresses, scratch, services, broker, proxies, ...control },
    rows: look.rows,
    said: launched.said,
    postgres: postgresControl(addresses),
    stripe: stripeControl(String(addresses.STRIPE_ADMIN_URL)),
    stop: async () => {
      await Promise.all(Object.values(proxies).map((proxy) => proxy.heal()));
      // A frozen one hears no request to end.
      for (const name of control.processes) control.signal(name, 'SIGCONT');
      await look.end();
      await launched.stop();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      await broker?.stop();
      clear();
    },
  };
}
