import { add, type Money, subtract, sum } from '@roundhouse/money';
import type { Agreement, Contact } from '../schedules/schedule.ts';

const DIGITS = 6;

export interface NewInvoice extends Omit<Agreement, 'contact'> {
  bill_to: Contact;
  /** What had been paid so far, applied at once. */
  paid: Money;
  /** What is still to be paid. */
  open: Money;
  status: 'open' | 'paid';
}

/** `INV-000001`, without a gap; longer once a million are written. */
export const invoiceNumber = (count: number): string =>
  `INV-${String(count).padStart(DIGITS, '0')}`;

const statusOf = ({ amount }: Money) => (amount === 0 ? 'paid' : 'open');

/** The invoice over what was agreed, with all applied that was paid ahead. */
export function issue(
  { contact: bill_to, lines, net, tax, total }: Agreement,
  items: readonly { amount: Money; status: string }[],
): NewInvoice {
  const settled = items.filter(({ status }) => status === 'paid').map(({ amount }) => amount);
  const paid = sum(settled, total.currency);
  const open = subtract(total, paid);
  if (open.amount < 0) throw new Error('More was paid than was agreed.');
  return { bill_to, lines, net, tax, total, paid, open, status: statusOf(open) };
}

/** The invoice after a payment that came later. */
export function applyPayment<I extends Pick<NewInvoice, 'paid' | 'open' | 'status'>>(
  invoice: I,
  amount: Money,
): I {
  const open = subtract(invoice.open, amount);
  if (open.amount < 0) throw new Error('More was paid than was invoiced.');
  return { ...invoice, paid: add(invoice.paid, amount), open, status: statusOf(open) };
}
