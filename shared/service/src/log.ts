import { current } from '@roundhouse/telemetry/current';
import winston from 'winston';
import { logStream } from './log-file.ts';
import { loggableField, withoutSecrets } from './log-values.ts';

export type Logger = winston.Logger;

/** Where winston keeps the line that it writes. */
const LINE = Symbol.for('message');

const safe = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) info[key] = loggableField(key, value);
  return info;
});

/**
 * When, and for what: the request or event that is being worked at says who asked. By winston's
 * own format the time would be called `timestamp`, or stand there twice.
 */
const told = winston.format((info) => {
  const scope = current();
  const who = scope && {
    request_id: scope.request_id,
    tenant_id: scope.tenant_id,
    user_id: scope.user_id,
    trace_id: scope.span?.trace_id,
  };
  return Object.assign(info, { ...who, ...info, time: new Date().toISOString() });
});

const netted = winston.format((info) => {
  info[LINE] = withoutSecrets(String(info[LINE]));
  return info;
});

/**
 * One JSON object a line, on standard output or in a file of bounded size: `level`, `time`,
 * `service`, `event`, the fields, and of what is being worked at `request_id`, `tenant_id`,
 * `user_id` and `trace_id`, as far as they are known.
 */
export function createLogger(service: string, level = 'info', file?: string): Logger {
  const { Console, Stream } = winston.transports;
  return winston.createLogger({
    level,
    defaultMeta: { service },
    format: winston.format.combine(safe(), told(), winston.format.json(), netted()),
    transports: [file === undefined ? new Console() : new Stream({ stream: logStream(file) })],
  });
}

/**
 * Tells of a bug that nobody caught, and ends: by itself Node would print the error with all its
 * fields, and Postgres puts rows into them.
 */
export function endOnBug(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.error('crash', { event: 'process_crashed', cause: error });
    process.exit(1);
  });
}

/** They change nothing: a line for each would drown the others. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** How loud an answer is told of; without a status the client did not wait for it. */
export function levelOfAnswer(method: string, status = 499): 'warn' | 'info' | 'debug' {
  if (status >= 500) return 'warn';
  return status >= 400 || !READS.has(method) ? 'info' : 'debug';
}
