import { audit, sql, type TenantTransaction } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import { clearIfErased } from '../clients/store.ts';
import { InvoiceIssued, InvoicePaid } from '../events.ts';
import { invoiceIssued } from '../ledger/posting.ts';
import { post } from '../ledger/store.ts';
import { invoiced } from '../meters.ts';
import { lockSchedule, scheduleWhere, toSchedule } from '../schedules/store.ts';
import { issue } from './invoice.ts';
import { type Invoice, insertInvoice, invoicesWhere } from './store.ts';

/** What the events of an invoice tell. */
export function factsOf({ id: invoice_id, booking_id, number, total, open }: Invoice) {
  return { invoice_id, booking_id, number, total, open };
}

/** The booking is done: invoices what was agreed, once. */
export async function issueInvoice(tx: TenantTransaction, booking_id: string): Promise<void> {
  const { id: tenant_id } = tx.tenant;
  const ofBooking = sql`booking_id = ${booking_id}`;
  const [, schedules, invoices] = await tx.queries([
    lockSchedule(tenant_id, ofBooking),
    scheduleWhere(tenant_id, ofBooking),
    invoicesWhere(tenant_id, ofBooking),
  ]);
  const row = schedules?.[0];
  // Thrown, so that the event comes again: what was agreed is on its way.
  if (row === undefined) throw new Error(`The booking ${booking_id} has no schedule yet.`);
  if (invoices?.length) return;
  const schedule = toSchedule(row);
  const invoice = await insertInvoice(tx, schedule, issue(schedule, schedule.items));
  clearIfErased(tx, schedule.id);
  invoiced.countAfter(tx, { currency: invoice.total.currency }, invoice.total.amount);
  for (const posting of invoiceIssued(invoice)) post(tx, posting);
  publish(tx, InvoiceIssued, invoice.id, factsOf(invoice));
  if (invoice.status === 'paid') publish(tx, InvoicePaid, invoice.id, factsOf(invoice));
  const after = { number: invoice.number, total: invoice.total, paid: invoice.paid };
  const subject = { subject_type: 'invoice', subject_id: invoice.id };
  audit(tx, { action: 'issueInvoice', ...subject, after });
}
