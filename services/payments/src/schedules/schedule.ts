import type { Money } from '@roundhouse/money';

export interface Line {
  kind: string;
  description: string;
  quantity: string;
  unit: string;
  unit_price: Money;
  amount: Money;
}

export interface Contact {
  client_id: string;
  name: string;
  email: string | null;
  phone: string | null;
}

/** What was agreed, and what becomes the invoice. */
export interface Agreement {
  contact: Contact;
  lines: Line[];
  net: Money;
  tax: { name: string; rate_ppm: number; amount: Money };
  total: Money;
}

export interface Due {
  kind: 'deposit' | 'balance';
  amount: Money;
  due_at: Temporal.Instant;
}

export interface Terms {
  deposit: Money;
  deposit_due_at: Temporal.Instant;
  balance: Money;
  balance_due_at: Temporal.Instant;
}

/** What is to be paid when; nothing is not an item. */
export function duesOf({ deposit, deposit_due_at, balance, balance_due_at }: Terms): Due[] {
  const all: Due[] = [
    { kind: 'deposit', amount: deposit, due_at: deposit_due_at },
    { kind: 'balance', amount: balance, due_at: balance_due_at },
  ];
  return all.filter(({ amount }) => amount.amount > 0);
}
