import {
  type Page,
  page,
  type Reader,
  type Row,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import { money, subtract } from '@roundhouse/money';
import type { Input, Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import type { Schedule } from '../schedules/store.ts';
import { invoiceNumber, type NewInvoice } from './invoice.ts';

type Routes = (typeof contract)['routes'];
export type Invoice = Output<Routes['getInvoice']>;

const columns = sql`id, version, number, schedule_id, booking_id, status, bill_to, lines,
  net_amount, tax_name, tax_rate_ppm, tax_amount, total_amount, paid_amount, currency, issued_at,
  paid_at, updated_at`;

interface InvoiceRow extends Row {
  id: string;
  net_amount: number;
  tax_name: string;
  tax_rate_ppm: number;
  tax_amount: number;
  total_amount: number;
  paid_amount: number;
  currency: string;
}

export function toInvoice(raw: Row): Invoice {
  const row = raw as InvoiceRow;
  const amount = (of: number) => money(of, row.currency);
  const [total, paid] = [amount(row.total_amount), amount(row.paid_amount)];
  const { tax_name: name, tax_rate_ppm: rate_ppm } = row;
  const tax = { name, rate_ppm, amount: amount(row.tax_amount) };
  const amounts = { net: amount(row.net_amount), tax, total, paid, open: subtract(total, paid) };
  return { ...row, ...amounts } as unknown as Invoice;
}

export const invoicesWhere = (tenant_id: string, condition: Sql): Sql =>
  sql`SELECT ${columns} FROM invoices WHERE tenant_id = ${tenant_id} AND ${condition}`;

export async function findInvoice(tx: Reader, tenant_id: string, id: string): Promise<Invoice> {
  const [row] = await tx.query(invoicesWhere(tenant_id, sql`id = ${id}`));
  if (row === undefined) throw notFound('invoice');
  return toInvoice(row);
}

export async function findInvoices(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listInvoices']>['query'],
): Promise<Page<Invoice>> {
  const { position, order, of } = page(query);
  const { booking_id } = query;
  const filter = booking_id === undefined ? sql`true` : sql`booking_id = ${booking_id}`;
  const rows = await tx.query<InvoiceRow>(
    sql`${invoicesWhere(tenant_id, filter)} ${position} ${order}`,
  );
  return of(rows, toInvoice);
}

/** The next number, ours until the transaction ends: the others wait, and none is left out. */
async function takeNumber(tx: TenantTransaction): Promise<string> {
  const [row] = await tx.query<{ last_number: number }>(sql`
    INSERT INTO invoice_numbers AS given (tenant_id, last_number) VALUES (${tx.tenant.id}, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET last_number = given.last_number + 1
    RETURNING last_number`);
  return invoiceNumber(row?.last_number ?? 0);
}

export async function insertInvoice(
  tx: TenantTransaction,
  { id: schedule_id, booking_id }: Schedule,
  invoice: NewInvoice,
): Promise<Invoice> {
  const { id: tenant_id, now } = tx.tenant;
  const number = await takeNumber(tx);
  const { bill_to, lines, net, tax, total, paid, status } = invoice;
  const paid_at = status === 'paid' ? now() : null;
  const [row] = await tx.query(sql`
    INSERT INTO invoices (tenant_id, number, schedule_id, booking_id, status, bill_to, lines,
      net_amount, tax_name, tax_rate_ppm, tax_amount, total_amount, paid_amount, currency,
      issued_at, paid_at, updated_at)
    VALUES (${tenant_id}, ${number}, ${schedule_id}, ${booking_id}, ${status},
      ${JSON.stringify(bill_to)}::jsonb, ${JSON.stringify(lines)}::jsonb, ${net.amount},
      ${tax.name}, ${tax.rate_ppm}, ${tax.amount.amount}, ${total.amount}, ${paid.amount},
      ${total.currency}, ${now()}, ${paid_at}, ${now()})
    RETURNING ${columns}`);
  return toInvoice(row as Row);
}

/** Writes what a payment changes. */
export function updateInvoice(tx: TenantTransaction, { id, status, paid }: Invoice): void {
  const now = tx.tenant.now();
  const paid_at = status === 'paid' ? now : null;
  tx.queue(sql`
    UPDATE invoices SET version = version + 1, status = ${status}, paid_amount = ${paid.amount},
      paid_at = ${paid_at}, updated_at = ${now}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
}
