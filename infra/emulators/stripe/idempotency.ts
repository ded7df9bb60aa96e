import type { Context } from './context.ts';
import { StripeError } from './errors.ts';

export type Remembered = { request_id: string; status: number; body: string };

const KEPT_S = 24 * 3600;

/**
 * The answer that was given under this key, if any. Throws when the key came with another request.
 * A key of at least a day is forgotten: the same request is then a new one.
 */
export function recall(context: Context, key: string, fingerprint: string): Remembered | undefined {
  const row = context.store.sql.get`
    select fingerprint, request_id, status, body from idempotency_keys
    where account_id = ${context.account_id} and key = ${key}
      and created > ${context.now - KEPT_S}`;
  if (row === undefined) return undefined;
  if (row.fingerprint !== fingerprint) {
    throw new StripeError(400, {
      type: 'idempotency_error',
      message:
        'Keys for idempotent requests can only be used with the same endpoint and parameters ' +
        `they were first used with. Try using a key other than '${key}'.`,
    });
  }
  return { request_id: String(row.request_id), status: Number(row.status), body: String(row.body) };
}

/** Keeps an answer, in the transaction of its effect. */
export function remember(
  context: Context,
  key: string,
  { fingerprint, status, body }: { fingerprint: string; status: number; body: string },
): void {
  const { sql } = context.store;
  sql.run`delete from idempotency_keys where created <= ${context.now - KEPT_S}`;
  sql.run`insert into idempotency_keys
    (account_id, key, fingerprint, request_id, status, body, created)
    values (${context.account_id}, ${key}, ${fingerprint}, ${context.request.id},
      ${status}, ${body}, ${context.now})`;
}
