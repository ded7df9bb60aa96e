import type { Stripe } from 'stripe';
import { z } from 'zod';
import { retrieveAccount } from './accounts.ts';
import { type Context, PLATFORM } from './context.ts';
import { missing } from './errors.ts';
import { newId } from './identifiers.ts';
import { type List, listObjects, where } from './lists.ts';
import { Created, Expand, Id, Page } from './parameters.ts';
import type { Store } from './store.ts';

export const RetrieveBalance = z.strictObject({ expand: Expand.optional() });

export const ListBalanceTransactions = z.strictObject({
  ...Page,
  created: Created.optional(),
  currency: Id.optional(),
  source: Id.optional(),
  type: Id.optional(),
});

type Funds = { currency: string; available: number; pending: number };

const SETTLES_AFTER_S = 2 * 86_400;

/** Books a succeeded charge; its funds become available two days later, or at once. */
export function bookCharge(
  context: Context,
  charge: Stripe.Charge,
  bypasses_pending: boolean,
): Stripe.BalanceTransaction {
  const { amount, currency, description } = charge;
  const available_on = context.now + (bypasses_pending ? 0 : SETTLES_AFTER_S);
  const transaction: Stripe.BalanceTransaction = {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on,
    balance_type: 'payments',
    created: context.now,
    currency,
    description,
    exchange_rate: null,
    fee: 0,
    fee_details: [],
    net: amount,
    reporting_category: 'charge',
    source: charge.id,
    status: 'pending',
    type: 'charge',
  };
  context.store.insert(context.account_id, transaction);
  return asOf(transaction, context.now);
}

export function retrieveBalance(context: Context): Stripe.Balance {
  const funds = fundsOf(context.store, context.account_id, context.now);
  const currency =
    context.account_id === PLATFORM
      ? 'usd'
      : (retrieveAccount(context, context.account_id).default_currency ?? 'usd');
  const shown = funds.length > 0 ? funds : [{ currency, available: 0, pending: 0 }];
  const part = (name: 'available' | 'pending') =>
    shown.map((fund) => ({
      amount: fund[name],
      currency: fund.currency,
      source_types: { card: fund[name] },
    }));
  return {
    object: 'balance',
    available: part('available'),
    livemode: false,
    pending: part('pending'),
  };
}

/** What an account's balance transactions add up to, per currency, at a time in Unix seconds. */
export function fundsOf(store: Store, account_id: string, now: number): Funds[] {
  const rows = store.sql.all`
    select currency,
      sum(case when available_on <= ${now} then net else 0 end) as available,
      sum(case when available_on > ${now} then net else 0 end) as pending
    from objects
    where account_id = ${account_id} and object = 'balance_transaction'
    group by currency`;
  return rows.map((row) => ({
    currency: String(row.currency),
    available: Number(row.available),
    pending: Number(row.pending),
  }));
}

export function retrieveBalanceTransaction(
  context: Context,
  id: string,
): Stripe.BalanceTransaction {
  const { store, account_id, now } = context;
  const found = store.find<Stripe.BalanceTransaction>(account_id, 'balance_transaction', id);
  if (found === undefined) throw missing('balance transaction', id, 'id');
  return asOf(found, now);
}

export function listBalanceTransactions(
  context: Context,
  query: z.infer<typeof ListBalanceTransactions>,
): List<Stripe.BalanceTransaction> {
  const page = listObjects<Stripe.BalanceTransaction>(context, 'balance_transaction', query, [
    ...where('currency', query.currency),
    ...where('source', query.source),
    ...where('type', query.type),
  ]);
  return { ...page, data: page.data.map((transaction) => asOf(transaction, context.now)) };
}

/** Funds settle by the passing of time alone, so the status is read from the clock. */
function asOf(transaction: Stripe.BalanceTransaction, now: number): Stripe.BalanceTransaction {
  return { ...transaction, status: transaction.available_on <= now ? 'available' : 'pending' };
}
