import { type Database, type Sql, sql, type Tenant } from '@roundhouse/database';
import { only } from '../rows.ts';
import type { Sealing } from '../sealing.ts';
import { addressGroup, limits, type ThrottleKind, TRUSTED, tooManyAttempts } from './limits.ts';

/** Under which the counters stand: who tries to come in belongs to no business yet. */
export const NOBODYS = '00000000-0000-0000-0000-000000000000';

export interface Attempt {
  kind: ThrottleKind;
  /** What is guessed at, or written to: a user's id, an e-mail; also one that does not exist. */
  account: string;
  /** Whether it says nothing about the address: another attempt of the same request does. */
  of_account_alone?: boolean;
}

/** Whoever asks: any tenant's handle tells the address and counts the round trips. */
export type Asker = Pick<Tenant, 'origin' | 'trips'>;

/**
 * Counts attempts before they are checked, in the database: so they count over all instances and
 * restarts, and of fifty at once no more get through than are free. Counting and taking back are
 * transactions of their own, of two round trips each.
 */
export interface Throttle {
  /** For each attempt the seconds to wait; 0 says that it was counted and may be checked. */
  claim(asker: Asker, attempts: Attempt[]): Promise<number[]>;
  /** Counts one attempt, or refuses it: 429 `too_many_attempts` with Retry-After. */
  require(asker: Asker, attempt: Attempt): Promise<void>;
  /**
   * The attempts were right: what was counted against them is forgotten. Of those in `trusting` a
   * log-in is complete, and strangers' attempts do not hinder this address there any more.
   */
  succeed(asker: Asker, attempts: Attempt[], trusting?: Attempt[]): Promise<void>;
  /** The attempts were not checked after all. */
  giveBack(asker: Asker, attempts: Attempt[]): Promise<void>;
}

export function throttle(database: Database, sealing: Sealing): Throttle {
  const gate = ({ origin, trips }: Asker) => database.tenant(NOBODYS, origin, trips);
  const mac = (...parts: string[]) => sealing.mac('throttle', JSON.stringify(parts));
  const keysOf = ({ kind, account, of_account_alone }: Attempt, asker: Asker) => {
    const address = addressGroup(asker.origin.address);
    return {
      account: mac(kind, 'account', account),
      pair: mac(kind, 'pair', account, address),
      address: mac(kind, 'address', address, ...(of_account_alone ? [account] : [])),
    };
  };
  const isTrusted = (pair: Buffer, now: Temporal.Instant) => sql`EXISTS (
    SELECT FROM throttles
    WHERE tenant_id = ${NOBODYS} AND key = ${pair} AND trusted_until > ${now})`;

  const claimOf = (attempt: Attempt, asker: Asker, now: Temporal.Instant): Sql => {
    const { account, pair, address } = keysOf(attempt, asker);
    const { free, free_of_address, ...limit } = limits[attempt.kind];
    const seconds = (count: number) => sql`make_interval(secs => ${count})`;
    return sql`SELECT claim_attempt(${NOBODYS}, ${account}, ${pair}, ${address}, ${now}, ${free},
      ${free_of_address}, ${seconds(limit.wait_seconds)}, ${seconds(limit.longest_seconds)},
      ${seconds(limit.remembered_seconds)}) AS seconds`;
  };

  const uncount = (key: Buffer, free: number, when: Sql): Sql => sql`
    UPDATE throttles SET attempts = greatest(attempts - 1, 0),
      blocked_until = CASE WHEN attempts > ${free} THEN blocked_until END
    WHERE tenant_id = ${NOBODYS} AND key = ${key} AND ${when}`;

  const clearing = (attempt: Attempt, asker: Asker, now: Temporal.Instant): Sql[] => {
    const { account, pair, address } = keysOf(attempt, asker);
    const known = isTrusted(pair, now);
    const counted = sql`CASE WHEN ${known} THEN ${pair}::bytea ELSE ${account}::bytea END`;
    return [
      uncount(address, limits[attempt.kind].free_of_address, sql`NOT ${known}`),
      sql`UPDATE throttles SET attempts = 0, blocked_until = NULL
        WHERE tenant_id = ${NOBODYS} AND key = ${counted}`,
    ];
  };

  const trusting = (attempt: Attempt, asker: Asker, now: Temporal.Instant): Sql => sql`
    INSERT INTO throttles AS kept (tenant_id, key, attempts, forgotten_at, trusted_until)
    VALUES (${NOBODYS}, ${keysOf(attempt, asker).pair}, 0, ${now}, ${now.add(TRUSTED)})
    ON CONFLICT (tenant_id, key) DO UPDATE SET trusted_until = excluded.trusted_until`;

  const claim: Throttle['claim'] = (asker, attempts) =>
    gate(asker).transaction(async (tx) => {
      const now = tx.tenant.now();
      const claims = attempts.map((attempt) => claimOf(attempt, asker, now));
      const answers = await tx.queries<{ seconds: number }[][]>(claims);
      return answers.map((rows) => only(rows).seconds);
    });

  return {
    claim,
    require: async (asker, attempt) => {
      const [seconds = 0] = await claim(asker, [attempt]);
      if (seconds > 0) throw tooManyAttempts(seconds);
    },
    succeed: (asker, attempts, complete = []) =>
      gate(asker).transaction(async (tx) => {
        const now = tx.tenant.now();
        for (const attempt of attempts) {
          for (const statement of clearing(attempt, asker, now)) tx.queue(statement);
        }
        for (const attempt of complete) tx.queue(trusting(attempt, asker, now));
      }),
    giveBack: (asker, attempts) =>
      gate(asker).transaction(async (tx) => {
        for (const attempt of attempts) {
          const { account, pair, address } = keysOf(attempt, asker);
          const { free, free_of_address } = limits[attempt.kind];
          const known = isTrusted(pair, tx.tenant.now());
          tx.queue(uncount(pair, free, known));
          tx.queue(uncount(account, free, sql`NOT ${known}`));
          tx.queue(uncount(address, free_of_address, sql`NOT ${known}`));
        }
      }),
  };
}
