import type { Money } from '@roundhouse/money';

/** The chart of accounts that every business starts with, in each currency that it deals in. */
export const chart = [
  { code: 'provider_clearing', name: 'Provider clearing', kind: 'asset' },
  { code: 'accounts_receivable', name: 'Accounts receivable', kind: 'asset' },
  { code: 'customer_deposits', name: 'Customer deposits', kind: 'liability' },
  { code: 'tax_payable', name: 'Tax payable', kind: 'liability' },
  { code: 'revenue', name: 'Revenue', kind: 'income' },
] as const;
export type AccountCode = (typeof chart)[number]['code'];

export interface Entry {
  account_code: AccountCode;
  debit_amount: number;
  credit_amount: number;
}

/** What is posted together, once for its cause. */
export interface Posting {
  cause_type: 'payment' | 'invoice' | 'deposit_application';
  cause_id: string;
  booking_id: string;
  currency: string;
  entries: Entry[];
}

const debit = (account_code: AccountCode, { amount }: Money): Entry => ({
  account_code,
  debit_amount: amount,
  credit_amount: 0,
});
const credit = (account_code: AccountCode, { amount }: Money): Entry => ({
  account_code,
  debit_amount: 0,
  credit_amount: amount,
});
const moves = ({ debit_amount, credit_amount }: Entry): boolean => debit_amount + credit_amount > 0;

export const debitsOf = ({ entries }: Posting): number =>
  entries.reduce((total, { debit_amount }) => total + debit_amount, 0);

/** Money has come. Before the invoice it is owed to the client; after it, it was owed by him. */
export function paymentReceived(
  payment: { id: string; booking_id: string; amount: Money },
  invoiced: boolean,
): Posting {
  const { id: cause_id, booking_id, amount } = payment;
  const from = invoiced ? 'accounts_receivable' : 'customer_deposits';
  const entries = [debit('provider_clearing', amount), credit(from, amount)];
  return { cause_type: 'payment', cause_id, booking_id, currency: amount.currency, entries };
}

export interface Invoiced {
  id: string;
  booking_id: string;
  net: Money;
  tax: { amount: Money };
  total: Money;
  /** What had been paid when it was issued. */
  paid: Money;
}

/** The money is earned, and what was paid ahead is set off. Zeros are not posted. */
export function invoiceIssued(invoice: Invoiced): Posting[] {
  const { id: cause_id, booking_id, net, tax, total, paid } = invoice;
  const common = { cause_id, booking_id, currency: total.currency };
  const earned = [
    debit('accounts_receivable', total),
    credit('revenue', net),
    credit('tax_payable', tax.amount),
  ];
  const applied = [debit('customer_deposits', paid), credit('accounts_receivable', paid)];
  const postings: Posting[] = [
    { cause_type: 'invoice', ...common, entries: earned.filter(moves) },
    { cause_type: 'deposit_application', ...common, entries: applied.filter(moves) },
  ];
  return postings.filter(({ entries }) => entries.length > 0);
}

/** On the account's own side, so that what is as it should be is not negative. */
export function balanceOf(kind: 'asset' | 'liability' | 'income', debits: number, credits: number) {
  return kind === 'asset' ? debits - credits : credits - debits;
}
