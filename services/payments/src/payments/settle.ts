import { audit, type TenantTransaction } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import { confirmEffect } from '../effects/store.ts';
import { InvoicePaid, PaymentFailed, PaymentSucceeded } from '../events.ts';
import { applyPayment } from '../invoices/invoice.ts';
import { factsOf } from '../invoices/issue-invoice.ts';
import { type Invoice, updateInvoice } from '../invoices/store.ts';
import { paymentReceived } from '../ledger/posting.ts';
import { post } from '../ledger/store.ts';
import { collected, payments } from '../meters.ts';
import { markPaid, touchSchedule } from '../schedules/store.ts';
import { type Payment, type Settled, settle } from './payment.ts';
import * as store from './store.ts';

function announce(tx: TenantTransaction, payment: Payment): void {
  const { id: payment_id, schedule_id, booking_id, item, amount, failure_code } = payment;
  const facts = { payment_id, schedule_id, booking_id, item, amount };
  if (payment.status === 'succeeded') {
    publish(tx, PaymentSucceeded, payment_id, { ...facts, succeeded_at: payment.updated_at });
  } else {
    const { decline_code } = payment;
    const code = failure_code ?? 'card_declined';
    publish(tx, PaymentFailed, payment_id, { ...facts, code, decline_code });
  }
}

/** The money has come: the item is paid, the books say so, and the invoice, where there is one. */
function receive(tx: TenantTransaction, payment: Payment, invoice: Invoice | undefined): void {
  markPaid(tx, payment.schedule_id, payment.item);
  post(tx, paymentReceived(payment, invoice !== undefined));
  const { amount, currency } = payment.amount;
  collected.countAfter(tx, { currency }, amount);
  if (invoice === undefined) return;
  const after = applyPayment(invoice, payment.amount);
  updateInvoice(tx, after);
  const told = ({ status, paid, open }: Invoice) => ({ status, paid, open });
  const subject = { subject_type: 'invoice', subject_id: after.id };
  audit(tx, { action: 'settleInvoice', ...subject, before: told(invoice), after: told(after) });
  if (after.status === 'paid') publish(tx, InvoicePaid, after.id, factsOf(after));
}

/**
 * Writes down what became of a payment, whoever tells it: the provider's answer, its webhook, or
 * the sweep that asked again. Told twice is once. Undefined where there is no such payment.
 */
export async function settlePayment(
  tx: TenantTransaction,
  payment_id: string,
  outcome: Settled,
): Promise<Payment | undefined> {
  const found = await store.lockForSettlement(tx, payment_id);
  if (found === undefined) return undefined;
  const { payment: before, invoice } = found;
  const payment = settle(before, outcome, tx.tenant.now());
  if (payment === before) return payment;
  if (payment.status !== 'pending') payments.countAfter(tx, { outcome: payment.status });
  store.updatePayment(tx, payment);
  confirmEffect(tx, { kind: 'charge', cause_id: payment.id });
  touchSchedule(tx, payment.schedule_id);
  if (payment.status === 'succeeded') receive(tx, payment, invoice);
  announce(tx, payment);
  const told = ({ status, failure_code, decline_code }: Payment) => ({
    ...{ status, failure_code, decline_code },
  });
  const subject = { subject_type: 'payment', subject_id: payment.id };
  audit(tx, { action: 'settlePayment', ...subject, before: told(before), after: told(payment) });
  return payment;
}
