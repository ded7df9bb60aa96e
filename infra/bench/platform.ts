/** A platform of the bench's own, started as anybody starts one, and gone with all that it kept. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { startPlatform as launch } from '../../scripts/test-platform.ts';
import { roleUrl } from '../database/roles.ts';
import { repository } from '../database/services.ts';
import { readOptions } from '../launcher/options.ts';
import { DATABASE } from '../launcher/processes.ts';
import { loadState, type State } from '../launcher/state.ts';
import type { Watched } from './processes.ts';

const RECONNECT_DEADLINE_MS = 60_000;

export interface PlatformOptions {
  /** In place of the transport in Postgres. */
  rabbitmq_url?: string;
  /** Further ones of `scripts/start`, such as a module for one process that profiles it. */
  arguments?: readonly string[];
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
  /** From the command to all healthy, on an installed tree and an empty folder, within 0.1 s. */
  started_in_ms: number;
  stop(): Promise<void>;
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Rows kill the server on purpose; whoever asks then hears of it by his own query.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`SET timezone = 'UTC'`);
  return client;
}

export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const { rabbitmq_url, arguments: more = [] } = options;
  const environment = rabbitmq_url === undefined ? {} : { RABBITMQ_URL: rabbitmq_url };
  const began = performance.now();
  const start = join(repository, 'scripts/start');
  const launched = await launch(start, ['--no-demo', ...more], environment);
  const started_in_ms = performance.now() - began;
  const { addresses } = launched;
  const data = String(addresses.DATA_DIR);
  const admin_url = String(addresses.DATABASE_URL);
  const { postgres_home } = readOptions(['--data', data]);
  const server = new URL(admin_url);
  server.pathname = '';
  const state = loadState(data);
  const platform: Platform = {
    ...{ data, addresses, state, admin_url, started_in_ms },
    db: await connectTo(admin_url),
    gateway: String(addresses.GATEWAY_URL),
    watched: { launcher: Number(addresses.LAUNCHER_PID), postgres_home },
    roleUrl: (role) => roleUrl(server.href, DATABASE, role, state.roles_secret),
    stop: async () => {
      await platform.db.end().catch(() => undefined);
      await launched.stop();
    },
  };
  return platform;
}

/** The launcher restarts a server that was ended; resolves when it answers, with a new client. */
export async function reconnect(platform: Platform): Promise<void> {
  const deadline = performance.now() + RECONNECT_DEADLINE_MS;
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
