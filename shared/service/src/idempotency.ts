import { createHash } from 'node:crypto';
import { codeOf, type Frame, sql, type Tenant } from '@roundhouse/database';
import { conflict, DomainError, malformed } from '@roundhouse/errors';
import type { Request } from 'express';

export interface StoredAnswer {
  body: string;
}

/** One request with an `Idempotency-Key`, or without: then its frame is empty. */
export interface Keyed {
  /** What goes around the transaction that makes the answer. */
  frame(tenant_id: string): Frame<unknown> | undefined;
  /** Tells which tenant the frame was opened for. */
  use(tenant: Tenant): void;
  tenant: Tenant | undefined;
  key: string | undefined;
  route: string;
  /** The answer as the transaction stored it. */
  stored: StoredAnswer | undefined;
}

/** What a header can hold without doubt about its bytes (RFC 9110 5.5): printable ASCII. */
const KEY = /^[ -~]{1,255}$/;

/** Same key, other request: told apart by path and body, as they were sent. */
function hashOf(request: Request): string {
  const content = `${request.originalUrl}\n${JSON.stringify(request.body ?? null)}`;
  return createHash('sha256').update(content).digest('base64url');
}

function keyOf(request: Request): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw malformed('idempotency_key_malformed', 'The key has 1 to 255 characters of ASCII.');
}

/**
 * Key, effect and answer commit in one transaction: its first round trip claims the key, its last
 * one stores the answer. A transaction that fails stores nothing, and the key is free again. Around
 * a provider's call there are two (`framed: 'begin'` and `'end'`).
 */
export function keyedBy(
  request: Request,
  route: string,
  status: number,
  answer: (result: unknown) => string,
): Keyed {
  const key = keyOf(request);
  const keyed: Keyed = {
    key,
    route,
    tenant: undefined,
    stored: undefined,
    use: (tenant) => {
      keyed.tenant = tenant;
    },
    frame: (tenant_id) => {
      if (key === undefined) return undefined;
      const hash = hashOf(request);
      return {
        opening: [sql`SELECT claim_idempotency_key(${tenant_id}, ${route}, ${key}, ${hash})`],
        // Without an answer: whoever comes with the key may go on where this one ended.
        begun: [
          sql`INSERT INTO idempotency_keys (tenant_id, route, key, request_hash)
            VALUES (${tenant_id}, ${route}, ${key}, ${hash}) ON CONFLICT DO NOTHING`,
        ],
        closing: (result) => {
          keyed.stored = { body: answer(result) };
          return [
            sql`INSERT INTO idempotency_keys AS kept
                (tenant_id, route, key, request_hash, status, body)
              VALUES (${tenant_id}, ${route}, ${key}, ${hash}, ${status}, ${keyed.stored.body})
              ON CONFLICT (tenant_id, route, key)
              DO UPDATE SET status = excluded.status, body = excluded.body
              WHERE kept.status IS NULL`,
          ];
        },
      };
    },
  };
  return keyed;
}

/** The stored answer, where the error says that there is one; a refusal, where it says another. */
export async function replay(
  error: unknown,
  keyed: Keyed | undefined,
): Promise<StoredAnswer | undefined> {
  const code = codeOf(error);
  if (code === 'RH409') {
    throw conflict('idempotency_key_in_use', 'A request with this key is still in progress.');
  }
  if (code === 'RH422') {
    const detail = 'This key was used with another request.';
    throw new DomainError('invalid', 'idempotency_key_reused', detail);
  }
  const { tenant, key, route } = keyed ?? {};
  if (code !== 'RH200' || tenant === undefined) return undefined;
  const [row] = await tenant.read((tx) =>
    tx.query<{ body: string | null }>(
      sql`SELECT body FROM idempotency_keys
        WHERE tenant_id = ${tenant.id} AND route = ${route} AND key = ${key}`,
    ),
  );
  if (row === undefined) return undefined;
  if (row.body === null) {
    const detail = 'It was done, and its answer was taken out since: it told of an erased person.';
    throw conflict('answer_redacted', detail);
  }
  return { body: row.body };
}
