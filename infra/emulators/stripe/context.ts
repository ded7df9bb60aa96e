import type { Store } from './store.ts';

/** The platform's own account: the owner of the connected accounts, and of no event to anybody. */
export const PLATFORM = 'acct_1RoundhousePlatform';

export const API_VERSION = '2026-10-28.endive';

/** What an operation knows of its request. */
export type Context = {
  store: Store;
  /** The connected account named by Stripe-Account, or the platform. */
  account_id: string;
  /** Unix seconds. */
  now: number;
  request: { id: string; idempotency_key: string | null };
};
