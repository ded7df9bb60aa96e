/** The embedded platform: `scripts/start` runs this on the repository's own Node. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { fail, fromCommandLine } from '../command-line.ts';
import { migrate } from '../database/migrate.ts';
import { repository, serviceFolders } from '../database/services.ts';
import { type DemoLinks, seedDemo } from '../demo/seed.ts';
import { type PostgresServer, postgresServer } from '../postgres/server.ts';
import { prepareKeys, watchKeys } from './keys.ts';
import { lockData } from './lock.ts';
import { readOptions, USAGE } from './options.ts';
import { freePorts, isFree } from './ports.ts';
import { DATABASE, type Plan, portNames, processes, serviceUrls } from './processes.ts';
import { rollingRestart } from './rolling.ts';
import { loadState, saveState } from './state.ts';
import { supervisor } from './supervisor.ts';

/** For tools, migrations and whoever looks by hand, beside the services' own. */
const OTHER_CONNECTIONS = 60;
const CONNECTIONS_EACH = 8;
const WATCH_MS = 1_000;

const options = fromCommandLine(() => readOptions(process.argv.slice(2)), USAGE);
const { data } = options;
const addresses = join(data, 'addresses');
// A process that restarts and its successor may both be connected for a moment.
const max_connections =
  OTHER_CONNECTIONS + CONNECTIONS_EACH * serviceFolders().length * (options.instances + 1);
const say = (line: string) => process.stdout.write(`${line}\n`);

let unlock: () => void;
try {
  unlock = lockData(data);
} catch (error) {
  fail((error as Error).message);
}

if (options.fresh) {
  say(`Clearing ${data}`);
  const old = postgresServer({
    home: options.postgres_home,
    port: loadState(data).postgres_port ?? 0,
    durable: true,
    max_connections,
  });
  await old.stop();
  rmSync(options.postgres_home, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  unlock = lockData(data);
}

const state = loadState(data);
const admin_port = options.port + 1;
const nextPort = freePorts([options.port, admin_port]);
let stop: (() => Promise<void>) | undefined;

/** The same port as last time where it is ours or free: a server that survived us is taken over. */
async function startPostgres(): Promise<PostgresServer> {
  const make = (port: number) =>
    postgresServer({
      home: options.postgres_home,
      port,
      password: state.postgres_password,
      durable: true,
      max_connections,
    });
  const known = options.postgres_port ?? state.postgres_port;
  const usable = known !== undefined && ((await isFree(known)) || (await make(known).isRunning()));
  const port = usable ? known : await nextPort();
  saveState(data, Object.assign(state, { postgres_port: port }));
  const server = make(port);
  await server.start();
  return server;
}

async function createDatabase(server: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [
      DATABASE,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

const carrierAddress = (): Record<string, string> => {
  const { RABBITMQ_URL } = process.env;
  return RABBITMQ_URL === undefined ? {} : { RABBITMQ_URL };
};

/** The addresses as KEY=VALUE lines: for `scripts/verify`, and for whoever asked to be told. */
function writeAddresses(files: string[], plan: Plan): void {
  const admin = new URL(plan.server);
  admin.pathname = `/${DATABASE}`;
  const lines = {
    GATEWAY_URL: `http://127.0.0.1:${plan.gateway_port}`,
    GATEWAY_ADMIN_URL: `http://127.0.0.1:${admin_port}`,
    DATABASE_URL: admin.href,
    STRIPE_URL: `http://127.0.0.1:${plan.ports.get('stripe')}`,
    STRIPE_ADMIN_URL: `http://127.0.0.1:${plan.ports.get('stripe-admin')}`,
    ...serviceUrls(plan),
    ...carrierAddress(),
    DATA_DIR: data,
    LAUNCHER_PID: String(process.pid),
  };
  const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
  for (const file of files) writeFileSync(file, text.join(''), { mode: 0o600 });
}

function tell(links: DemoLinks | undefined): void {
  const base = `http://localhost:${options.port}/api/v1`;
  say(`\nRoundhouse is ready: ${base}`);
  if (links !== undefined) {
    say(`  demo log-in:  ${links.email} / ${links.password}`);
    say(`  a sent quote: ${links.quote_url}`);
  }
  say(`  gateway:      http://127.0.0.1:${admin_port} (admin API, read-only; /metrics)`);
  say(`  logs:         ${join(data, 'logs')}`);
  say('Ctrl-C stops it; the data stays.');
}

/** The commit that runs, where this is a checkout of git. */
function revision(): string {
  try {
    const args = ['rev-parse', '--short=12', 'HEAD'];
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: repository, stdio }).toString().trim();
  } catch {
    return 'unknown';
  }
}

async function run(): Promise<void> {
  if (!(await isFree(options.port))) throw new Error(`Port ${options.port} is taken: --port …`);
  if (!(await isFree(admin_port))) {
    throw new Error(`Port ${admin_port}, for the gateway's admin API, is taken: --port …`);
  }
  say('Starting PostgreSQL');
  const postgres = await startPostgres();
  stop = () => postgres.stop();
  const server = `postgres://postgres:${state.postgres_password}@127.0.0.1:${state.postgres_port}`;
  await createDatabase(server);

  say('Applying migrations');
  const services = serviceFolders();
  const { RABBITMQ_URL } = process.env;
  const onAway = ({ message }: Error) => say(`RabbitMQ can't be reached (${message}); going on`);
  await migrate({
    ...{ server, database: DATABASE, services, secret: state.roles_secret },
    ...(RABBITMQ_URL === undefined ? {} : { broker: { url: RABBITMQ_URL, onAway } }),
  });

  const ports = new Map<string, number>();
  for (const name of portNames(services, options.instances)) ports.set(name, await nextPort());
  const kong_file = join(data, 'kong.yml');
  const kids = prepareKeys(data, kong_file);
  const plan: Plan = {
    data,
    state,
    server,
    services,
    instances: options.instances,
    via: options.via,
    preloads: options.preloads,
    drain_ms: options.drain_ms,
    revision: revision(),
    ports,
    gateway_port: options.port,
    kong_file,
  };

  const started = processes(plan);
  const supervised = supervisor(join(data, 'logs'), say);
  const names = (specs: { name: string }[]) => specs.map(({ name }) => name);
  stop = async () => {
    // From the door inwards: what is under way ends before what it needs.
    await supervised.stop(['gateway']);
    await supervised.stop(names(started.services));
    await supervised.stop(names(started.emulators));
    await postgres.stop();
    rmSync(addresses, { force: true });
  };
  const all = [...started.emulators, ...started.services, started.gateway];
  say(`Starting ${names(all).join(', ')}`);
  for (const spec of all) supervised.start(spec);
  await supervised.ready(all);
  watching = watch(postgres);
  watchKeys({ data, kong_file, kids, gatewayPid: () => supervised.pid('gateway'), say });
  const { instances } = options;
  restart = rollingRestart({ data, services: started.services, instances, supervised, say });

  if (options.demo && state.demo_quote_id === undefined) say('Writing the demo data');
  const links = options.demo ? await seedDemo(plan) : undefined;
  const { ready_file } = options;
  writeAddresses([addresses, ...(ready_file === undefined ? [] : [ready_file])], plan);
  tell(links);
}

/** Postgres is no child of ours that would tell us of its end. */
function watch(postgres: PostgresServer): NodeJS.Timeout {
  return setInterval(async () => {
    if (ending || (await postgres.isRunning())) return;
    say('PostgreSQL has ended; starting it again');
    await postgres.start().catch((error: unknown) => say((error as Error).message));
  }, WATCH_MS);
}

let watching: NodeJS.Timeout | undefined;
let ending = false;
/** Undefined until all is ready. */
let restart: (() => Promise<void>) | undefined;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  say('Stopping');
  clearInterval(watching);
  await stop?.();
  unlock();
  process.exit(code);
}

// `scripts/restart` asks so.
process.on('SIGUSR2', () => void restart?.());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
await run().catch(async (error: unknown) => {
  if (ending) return;
  process.stderr.write(`${(error as Error).message}\n`);
  await end(1);
});
