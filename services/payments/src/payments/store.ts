import {
  type Page,
  page,
  type Reader,
  type Row,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import { money } from '@roundhouse/money';
import type { Input } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { KEY_LIFETIME } from '../effects/store.ts';
import { invoicesWhere, toInvoice } from '../invoices/store.ts';
import { lockSchedule, type Schedule, scheduleWhere, toSchedule } from '../schedules/store.ts';
import type { Attempt, Payment } from './payment.ts';

type Routes = (typeof contract)['routes'];

const columns = sql`payments.id, payments.version, schedule_id, booking_id, item, charge_amount,
  currency, status, failure_code, decline_code, provider_payment_id, payments.created_at,
  updated_at, settled_at`;

interface PaymentRow extends Row {
  id: string;
  charge_amount: number;
  currency: string;
}

const toPayment = <P extends Payment>(row: Row): P => {
  const { charge_amount, currency } = row as PaymentRow;
  return { ...row, amount: money(charge_amount, currency) } as unknown as P;
};

/** What the provider is asked to do, and what is needed to ask it again. */
export interface Charge extends Payment {
  payment_method: string;
  /** Null until the business has its account at the provider. */
  provider_account_id: string | null;
  /** When the provider was asked first. */
  asked_at: Temporal.Instant;
  /** The provider has forgotten the key by now. */
  key_expired: boolean;
}

const accountOf = (tenant_id: string) =>
  sql`(SELECT provider_account_id FROM provider_accounts WHERE tenant_id = ${tenant_id})`;

const withEffect = sql`payments JOIN effects ON effects.tenant_id = payments.tenant_id
  AND effects.kind = 'charge' AND effects.cause_id = payments.id`;

export interface Ask {
  schedule_id: string;
  item: Payment['item'];
  request_key: string | undefined;
}

export interface Found {
  schedule: Schedule;
  attempts: (Attempt & Charge)[];
  /** For a new attempt: its id, and the account that it is charged on. */
  fresh: { id: string; provider_account_id: string | null };
}

/** All that a payment needs to know before the provider is called, in one round trip. */
export async function lockForPayment(tx: TenantTransaction, ask: Ask): Promise<Found> {
  const { id: tenant_id, now } = tx.tenant;
  const key = ask.request_key ?? null;
  const [, schedules, attempts, fresh] = await tx.queries([
    lockSchedule(tenant_id, sql`id = ${ask.schedule_id}`),
    scheduleWhere(tenant_id, sql`id = ${ask.schedule_id}`),
    sql`SELECT ${columns}, payment_method, request_key, effects.created_at AS asked_at,
        effects.created_at < now() - ${KEY_LIFETIME} AS key_expired,
        effects.state = 'sent' AND effects.due_at > now() AS in_progress,
        ${accountOf(tenant_id)} AS provider_account_id
      FROM ${withEffect} WHERE payments.tenant_id = ${tenant_id}
        AND schedule_id = ${ask.schedule_id} AND item = ${ask.item}
        AND (status <> 'failed' OR (request_key = ${key}
          AND payments.created_at > ${now().subtract({ hours: 24 })}))`,
    sql`SELECT uuidv7() AS id, ${accountOf(tenant_id)} AS provider_account_id`,
  ]);
  const row = schedules?.[0];
  if (row === undefined) throw notFound('payment_link');
  return {
    schedule: toSchedule(row),
    attempts: (attempts ?? []).map((one) => toPayment<Attempt & Charge>(one)),
    fresh: fresh?.[0] as unknown as Found['fresh'],
  };
}

export interface NewPayment {
  id: string;
  schedule: Schedule;
  item: Schedule['items'][number];
  payment_method: string;
  request_key: string | undefined;
}

export function insertPayment(tx: TenantTransaction, payment: NewPayment): Payment {
  const { id, schedule, item, payment_method, request_key } = payment;
  const now = tx.tenant.now();
  tx.queue(sql`
    INSERT INTO payments (tenant_id, id, schedule_id, booking_id, item, charge_amount, currency,
      status, payment_method, request_key, created_at, updated_at)
    VALUES (${tx.tenant.id}, ${id}, ${schedule.id}, ${schedule.booking_id}, ${item.kind},
      ${item.amount.amount}, ${item.amount.currency}, 'pending', ${payment_method},
      ${request_key ?? null}, ${now}, ${now})`);
  const nothing = { failure_code: null, decline_code: null, provider_payment_id: null };
  return {
    ...{ id, version: 1, schedule_id: schedule.id, booking_id: schedule.booking_id, ...nothing },
    ...{ item: item.kind, amount: item.amount, status: 'pending' },
    ...{ created_at: now, updated_at: now, settled_at: null },
  };
}

/** What the provider is to be asked again; undefined, once the outcome is known. */
export async function findCharge(tx: TenantTransaction, id: string): Promise<Charge | undefined> {
  const tenant_id = tx.tenant.id;
  const [row] = await tx.query(sql`
    SELECT ${columns}, payment_method, effects.created_at AS asked_at,
      effects.created_at < now() - ${KEY_LIFETIME} AS key_expired,
      ${accountOf(tenant_id)} AS provider_account_id
    FROM ${withEffect}
    WHERE payments.tenant_id = ${tenant_id} AND payments.id = ${id} AND status = 'pending'`);
  return row && toPayment<Charge>(row);
}

/** The payment with what its outcome changes; undefined where there is no such payment. */
export async function lockForSettlement(tx: TenantTransaction, id: string) {
  const tenant_id = tx.tenant.id;
  const schedule = sql`(SELECT schedule_id FROM payments
    WHERE tenant_id = ${tenant_id} AND id = ${id})`;
  const [, payments, invoices] = await tx.queries([
    lockSchedule(tenant_id, sql`id = ${schedule}`),
    sql`SELECT ${columns} FROM payments WHERE tenant_id = ${tenant_id} AND id = ${id}`,
    invoicesWhere(tenant_id, sql`schedule_id = ${schedule}`),
  ]);
  const [payment, invoice] = [payments?.[0], invoices?.[0]];
  if (payment === undefined) return undefined;
  return { payment: toPayment(payment), invoice: invoice && toInvoice(invoice) };
}

/** Writes the outcome, and forgets the payment method: nobody asks with it again. */
export function updatePayment(tx: TenantTransaction, payment: Payment): void {
  tx.queue(sql`
    UPDATE payments SET version = ${payment.version}, status = ${payment.status},
      failure_code = ${payment.failure_code}, decline_code = ${payment.decline_code},
      provider_payment_id = ${payment.provider_payment_id}, payment_method = NULL,
      updated_at = ${payment.updated_at}, settled_at = ${payment.settled_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${payment.id}`);
}

/** The provider has begun, and has not ended: from now on it is asked by its own id. */
export function noteProviderPayment(tx: TenantTransaction, id: string, of_provider: string): void {
  tx.queue(sql`
    UPDATE payments SET provider_payment_id = ${of_provider}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${id} AND status = 'pending'`);
}

export async function findPayment(tx: Reader, tenant_id: string, id: string): Promise<Payment> {
  const [row] = await tx.query(
    sql`SELECT ${columns} FROM payments WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('payment');
  return toPayment(row);
}

export async function findPayments(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listPayments']>['query'],
): Promise<Page<Payment>> {
  const { position, order, of } = page(query);
  const { booking_id } = query;
  const rows = await tx.query<PaymentRow>(sql`
    SELECT ${columns} FROM payments WHERE tenant_id = ${tenant_id}
      ${booking_id === undefined ? sql`` : sql`AND booking_id = ${booking_id}`}
      ${position} ${order}`);
  return of(rows, (row) => toPayment<Payment>(row));
}
