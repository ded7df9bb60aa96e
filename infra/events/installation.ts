/** Where an operator's command finds the events of an installation, and its log. */
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type DeadLetters,
  postgresDeadLetters,
  rabbitmqDeadLetters,
} from '@roundhouse/events/operator';
import { createLogger, type Logger } from '@roundhouse/service/log';
import { fail } from '../command-line.ts';
import { roleUrl } from '../database/roles.ts';
import { repository, serviceFolders } from '../database/services.ts';
import { subscribed } from '../database/transport.ts';
import { DATABASE } from '../launcher/processes.ts';
import { loadState } from '../launcher/state.ts';

export interface Installation {
  deadLetters(): Promise<DeadLetters>;
  /** The role that sees a service's outbox. */
  workerUrl(service: string): string;
  /** Each thing that is done leaves a line here, with who did it. */
  log: Logger;
}

const operatorLog = (file?: string) =>
  createLogger('operator', 'info', file).child({ operator: userInfo().username });

const services = async () => {
  const reads = await subscribed(serviceFolders());
  return [...new Set(reads.map(({ queue }) => queue))];
};

/** At the broker where there is one, else in Postgres. */
export async function deadLettersAt(
  rabbitmq_url: string | undefined,
  transport_url: string | undefined,
): Promise<DeadLetters> {
  if (rabbitmq_url !== undefined) return rabbitmqDeadLetters(rabbitmq_url, await services());
  if (transport_url !== undefined) return postgresDeadLetters(transport_url);
  return fail('RABBITMQ_URL or TRANSPORT_DATABASE_URL: one of them says what carries the events.');
}

/** What services are told, told to us: one service's worker at a time. */
function byEnvironment(): Installation {
  const { RABBITMQ_URL, TRANSPORT_DATABASE_URL, DATABASE_WORKER_URL, LOG_FILE } = process.env;
  return {
    deadLetters: () => deadLettersAt(RABBITMQ_URL, TRANSPORT_DATABASE_URL),
    workerUrl: (service) => DATABASE_WORKER_URL ?? fail(`DATABASE_WORKER_URL of ${service}?`),
    log: operatorLog(LOG_FILE),
  };
}

/** A running embedded platform, by its folder. */
function byFolder(data: string): Installation {
  const addresses = join(data, 'addresses');
  if (!existsSync(addresses)) fail(`No platform runs on ${data}: scripts/start`);
  const [, rabbitmq_url] = /^RABBITMQ_URL=(.+)$/m.exec(readFileSync(addresses, 'utf8')) ?? [];
  const state = loadState(data);
  const server = `postgres://postgres@127.0.0.1:${state.postgres_port}`;
  const url = (role: string) => roleUrl(server, DATABASE, role, state.roles_secret);
  return {
    deadLetters: () => deadLettersAt(rabbitmq_url, url('transport')),
    workerUrl: (service) => url(`${service}_worker`),
    log: operatorLog(join(data, 'logs/operator.log')),
  };
}

/** The platform of the folder named, of the environment's addresses, or of the usual folder. */
export function installation(data: string | undefined): Installation {
  const { DATA_DIR, RABBITMQ_URL, TRANSPORT_DATABASE_URL, DATABASE_WORKER_URL } = process.env;
  const folder = data ?? DATA_DIR;
  const told = RABBITMQ_URL ?? TRANSPORT_DATABASE_URL ?? DATABASE_WORKER_URL;
  if (folder === undefined && told !== undefined) return byEnvironment();
  return byFolder(resolve(folder ?? join(repository, '.roundhouse')));
}
