import { codeOf } from '@roundhouse/database';

/** Postgres' word for a statement that took too long. */
const TOO_LONG = '57014';

/** Whether the database is away or busy. That an event's own statement takes too long is not it. */
export const isOutage = (error: unknown): boolean =>
  ['database_unavailable', 'busy'].includes(codeOf(error)) &&
  codeOf((error as Error).cause) !== TOO_LONG;
