/** A platform of the bench's own, started as anybody starts one, and gone with all that it kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { roleUrl } from '../database/roles.ts';
import { repository } from '../database/services.ts';
import { readOptions } from '../launcher/options.ts';
import { freePorts } from '../launcher/ports.ts';
import { DATABASE } from '../launcher/processes.ts';
import { loadState, type State } from '../launcher/state.ts';
import type { Watched } from './processes.ts';

const START_DEADLINE_MS = 180_000;

export interface PlatformOptions {
  /** A folder that nobody else uses; it is deleted in the end. */
  data: string;
  /** In place of the transport in Postgres. */
  rabbitmq_url?: string;
}

export interface Platform {
  data: string;
  gateway: string;
  /** `BOOKINGS_URL` and so on, as the launcher wrote them. */
  addresses: Record<string, string>;
  state: State;
  watched: Watched;
  /** As superuser. */
  db: pg.Client;
  admin_url: string;
  roleUrl(role: string): string;
  /** From the command to all healthy, on an installed tree and an empty folder. */
  started_in_ms: number;
  stop(): Promise<void>;
}

const linesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** What the bench's own caller has set must not choose another part than the row says. */
function environment({ rabbitmq_url }: PlatformOptions): NodeJS.ProcessEnv {
  const { RABBITMQ_URL: _rabbit, REDIS_URL: _redis, ...env } = process.env;
  return rabbitmq_url === undefined ? env : { ...env, RABBITMQ_URL: rabbitmq_url };
}

async function ready(child: ChildProcess, ready_file: string, log: string): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!existsSync(ready_file) || readFileSync(ready_file, 'utf8') === '') {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGTERM');
      throw new Error(`The platform did not start:\n${readFileSync(log, 'utf8')}`);
    }
    await setTimeout(20);
  }
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Rows kill the server on purpose; whoever asks then hears of it by his own query.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`SET timezone = 'UTC'`);
  return client;
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { data } = options;
  const log = `${data}.log`;
  const ready_file = `${data}.ready`;
  const port = await freePorts()();
  const out = openSync(log, 'a', 0o600);
  const began = performance.now();
  const args = ['--port', String(port), '--data', data, '--no-demo', '--ready-file', ready_file];
  const stdio = ['ignore' as const, out, out];
  const env = environment(options);
  const child = spawn(join(repository, 'scripts/start'), args, { env, stdio });
  closeSync(out);
  await ready(child, ready_file, log);
  const started_in_ms = performance.now() - began;
  const addresses = linesOf(readFileSync(ready_file, 'utf8'));
  const admin_url = String(addresses.DATABASE_URL);
  const state = loadState(data);
  const { postgres_home } = readOptions(['--data', data]);
  const server = new URL(admin_url);
  server.pathname = '';
  const db = await connectTo(admin_url);
  return {
    ...{ data, addresses, state, db, admin_url, started_in_ms },
    gateway: String(addresses.GATEWAY_URL),
    watched: { launcher: Number(addresses.LAUNCHER_PID), postgres_home },
    roleUrl: (role) => roleUrl(server.href, DATABASE, role, state.roles_secret),
    stop: async () => {
      await db.end().catch(() => undefined);
      if (child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      for (const path of [data, postgres_home, log, ready_file]) {
        rmSync(path, { recursive: true, force: true });
      }
    },
  };
}

/** The launcher restarts a server that was ended; resolves when it answers, with a new client. */
export async function reconnect(platform: Platform): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  await platform.db.end().catch(() => undefined);
  for (;;) {
    try {
      platform.db = await connectTo(platform.admin_url);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(50);
    }
  }
}
