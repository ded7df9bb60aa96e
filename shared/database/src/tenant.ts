import type { Trips } from './session.ts';
import type { Reader, Transaction } from './transaction.ts';

/** Who caused a change, and by which request: what the audit trail says of it. */
export interface Origin {
  actor_kind: 'user' | 'machine' | 'link' | 'provider' | 'system';
  actor_id: string | null;
  request_id: string;
  address: string | null;
}

export interface TransactionOptions {
  /**
   * False for what prepares the answer but is not part of it, such as filling a copy. Where a
   * provider is called between two transactions, the first one says `begin` (it claims the key and
   * leaves it without an answer) and the second one `end` (it stores the answer, and claims
   * nothing: a twin that looks at the key just then must not undo what the provider has done).
   */
  framed?: boolean | 'begin' | 'end';
}

/** One tenant's rows, and the only way to them. */
export interface Tenant {
  readonly id: string;
  readonly origin: Origin;
  readonly trips: Trips;
  /** The tenant's clock; nothing in the business asks the machine for the time. */
  now(): Temporal.Instant;
  read<T>(work: (tx: Reader) => Promise<T>): Promise<T>;
  transaction<T>(
    work: (tx: TenantTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
}

export interface TenantTransaction extends Transaction {
  readonly tenant: Tenant;
}
