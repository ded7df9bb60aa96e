/**
 * A RabbitMQ of one's own, for tests and trials, where the machine has the package: with a node,
 * ports, cookie and folders of its own, so that a broker of the system is never touched. It ends
 * with its starter.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../launcher/ports.ts';

/** The scripts themselves: Debian's wrappers in the path insist on the system broker's user. */
const SCRIPTS = '/usr/lib/rabbitmq/bin';
const START_DEADLINE_MS = 90_000;
const STOP_DEADLINE_MS = 30_000;
const GREETING = 'AMQP\0\0\x09\x01';

/** Why there is no broker for a test, or undefined where there is one. */
export const rabbitMissing = existsSync(join(SCRIPTS, 'rabbitmq-server'))
  ? undefined
  : `no rabbitmq-server in ${SCRIPTS}`;

export interface RabbitOptions {
  /** Data, logs, configuration and cookie: this broker's alone. */
  home: string;
  /** Below 32,768: a client of ours that tries again could otherwise take the port. */
  port: number;
}

export interface RabbitServer {
  url: string;
  /** The broker's own process while it runs. */
  readonly pid: number | undefined;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** Stops it in order. */
  stop(): Promise<void>;
  /** As a loss of power would, except that the disk keeps what was written. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open and nobody answers. */
  pause(): void;
  resume(): void;
  /** Deletes all that it has stored; it must not run. */
  wipe(): void;
  /** What `rabbitmqctl` says. */
  control(...args: string[]): Promise<string>;
}

/** A port that is open proves little while the broker boots; an answer to the greeting does. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1_000) });
    socket.write(GREETING, 'latin1');
    await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const killer = globalThis.setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(killer);
}

/** Ends these by force as soon as this process is gone, however it went. */
function watch(...children: ChildProcess[]): ChildProcess {
  const pids = children.map(({ pid }) => String(pid));
  return spawn('/bin/sh', ['-c', 'cat; kill -9 "$@" 2>/dev/null', 'watch', ...pids], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
}

function environment({ home, port }: RabbitOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    // Where Erlang keeps the cookie.
    HOME: home,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Otherwise it would lie where whoever started it was.
    ERL_CRASH_DUMP: join(home, 'erl_crash.dump'),
    RABBITMQ_NODENAME: `roundhouse-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(home, 'config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    // Named, so that those of a system broker are not read.
    RABBITMQ_CONF_ENV_FILE: join(home, 'none.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'none.config'),
    // Its port mapper is started below, as a child that can be ended.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-start_epmd false',
    // The script then becomes the broker, and leaves no shell in between.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** Undefined where RabbitMQ is not installed. */
export function rabbitServer(options: RabbitOptions): RabbitServer | undefined {
  if (rabbitMissing !== undefined) return undefined;
  const { home, port } = options;
  const env = environment(options);
  const data = join(home, 'data');
  const ports = freePorts([port]);
  let running: { broker: ChildProcess; mapper: ChildProcess; watcher: ChildProcess } | undefined;

  const write = () => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'enabled_plugins'), '[].\n');
    writeFileSync(join(home, 'rabbitmq.conf'), 'disk_free_limit.absolute = 50MB\n');
  };

  const finish = async (signal: NodeJS.Signals) => {
    if (running === undefined) return;
    const { broker, mapper, watcher } = running;
    running = undefined;
    // A frozen one hears no request to end.
    broker.kill('SIGCONT');
    await end(broker, signal);
    await end(mapper, 'SIGKILL');
    await end(watcher, 'SIGKILL');
  };

  const start = async () => {
    if (running !== undefined && isRunning(running.broker)) return;
    await finish('SIGKILL');
    write();
    env.ERL_EPMD_PORT = String(await ports());
    env.RABBITMQ_DIST_PORT = String(await ports());
    const log = openSync(join(home, 'out'), 'a', 0o600);
    const stdio = ['ignore', log, log] as const;
    const mapper = spawn('epmd', [], { env, stdio: [...stdio] });
    const script = join(SCRIPTS, 'rabbitmq-server');
    // Not in our group: Ctrl-C reaches the starter alone, which stops it in order.
    const broker = spawn(script, [], { env, cwd: home, stdio: [...stdio], detached: true });
    closeSync(log);
    running = { broker, mapper, watcher: watch(broker, mapper) };
    const deadline = performance.now() + START_DEADLINE_MS;
    while (!(await answers(port))) {
      if (!isRunning(broker) || performance.now() > deadline) {
        await finish('SIGKILL');
        throw new Error(`RabbitMQ did not start: see ${join(home, 'out')}`);
      }
      await setTimeout(100);
    }
  };

  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    get pid() {
      return running?.broker.pid;
    },
    start,
    stop: () => finish('SIGTERM'),
    kill: () => finish('SIGKILL'),
    pause: () => running?.broker.kill('SIGSTOP'),
    resume: () => running?.broker.kill('SIGCONT'),
    wipe: () => {
      if (running !== undefined) throw new Error('A broker that runs is not wiped.');
      rmSync(data, { recursive: true, force: true });
    },
    control: async (...args) => {
      const tool = join(SCRIPTS, 'rabbitmqctl');
      const { stdout } = await promisify(execFile)(tool, ['--quiet', ...args], { env, cwd: home });
      return stdout;
    },
  };
}
