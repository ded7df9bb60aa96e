import winston from 'winston';
import { logStream } from './log-file.ts';

export type Logger = winston.Logger;

/** Names of fields whose values never reach a log, whatever object they stand in. */
const SECRET = /password|secret|token|authorization|cookie|payment_method|client_secret/i;

/** Of an error its text and place, and not its other fields: Postgres puts whole rows into them. */
function told(value: unknown): unknown {
  if (!Error.isError(value)) return value;
  const { message, stack, cause } = value;
  // Of "fetch failed" the cause is what one wants to know.
  const because = Error.isError(cause) ? { because: cause.message } : {};
  return { message, code: (value as { code?: unknown }).code, ...because, stack };
}

const redact = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    info[key] = SECRET.test(key) ? '[redacted]' : told(value);
  }
  return info;
});

/** By winston's own format it would be called `timestamp`, or stand there twice. */
const timed = winston.format((info) => Object.assign(info, { time: new Date().toISOString() }));

/**
 * One JSON object a line, on standard output or in a file of bounded size: `level`, `time`,
 * `service`, `event`, the fields.
 */
export function createLogger(service: string, level = 'info', file?: string): Logger {
  const { Console, Stream } = winston.transports;
  return winston.createLogger({
    level,
    defaultMeta: { service },
    format: winston.format.combine(redact(), timed(), winston.format.json()),
    transports: [file === undefined ? new Console() : new Stream({ stream: logStream(file) })],
  });
}
