import winston from 'winston';

export type Logger = winston.Logger;

/** Names of fields whose values never reach a log, whatever object they stand in. */
const SECRET = /password|secret|token|authorization|cookie|payment_method|client_secret/i;

const redact = winston.format((info) => {
  for (const key of Object.keys(info)) if (SECRET.test(key)) info[key] = '[redacted]';
  return info;
});

/** One JSON object a line on standard output: `level`, `time`, `service`, `event` and the fields. */
export function createLogger(service: string, level = 'info'): Logger {
  return winston.createLogger({
    level,
    defaultMeta: { service },
    format: winston.format.combine(
      redact(),
      winston.format.timestamp({ alias: 'time' }),
      winston.format.errors({ stack: true }),
      winston.format.json(),
    ),
    transports: [new winston.transports.Console()],
  });
}
