import { fundsOf } from './balance.ts';
import type { Store } from './store.ts';

type Balance = { currency: string; available: number; pending: number; total: number };

type BookedCharge = {
  id: string;
  payment_intent: string;
  amount: number;
  currency: string;
  status: string;
  created: number;
  metadata: Record<string, string>;
};

export type AccountBook = { account: string; balances: Balance[]; charges: BookedCharge[] };

/**
 * The independent record: per account what it holds and every charge, oldest first. Each account
 * is one consistent picture; between two accounts the emulator may go on working.
 */
export function* readBook(store: Store, now: number, only?: string): Generator<AccountBook> {
  for (const account of only === undefined ? ownersOf(store) : [only]) {
    const balances = fundsOf(store, account, now).map((funds) => ({
      ...funds,
      total: funds.available + funds.pending,
    }));
    yield { account, balances, charges: chargesOf(store, account) };
  }
}

/** The connected accounts, with or without charges, and the platform once it has some. */
function ownersOf(store: Store): string[] {
  const rows = store.sql.all`
    select id from objects where object = 'account'
    union
    select account_id from objects where object = 'charge'
    order by 1`;
  return rows.map((row) => String(row.id));
}

function chargesOf(store: Store, account_id: string): BookedCharge[] {
  const rows = store.sql.all`
    select id, payment_intent, created, currency,
      body ->> '$.amount' as amount, body ->> '$.status' as status,
      body -> '$.metadata' as metadata
    from objects where account_id = ${account_id} and object = 'charge' order by sequence`;
  return rows.map((row) => ({
    id: String(row.id),
    payment_intent: String(row.payment_intent),
    amount: Number(row.amount),
    currency: String(row.currency),
    status: String(row.status),
    created: Number(row.created),
    metadata: JSON.parse(String(row.metadata)),
  }));
}
