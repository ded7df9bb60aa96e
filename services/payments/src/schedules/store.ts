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
import { money } from '@roundhouse/money';
import type { Input, Output } from '@roundhouse/service/contract';
import { z } from 'zod';
import { holdClient, livesOnIn } from '../clients/store.ts';
import { type contract, Item } from '../contract.ts';
import type { Agreement, Due } from './schedule.ts';

type Routes = (typeof contract)['routes'];
type Shown = Output<Routes['getSchedule']>;
export interface Schedule extends Omit<Shown, 'payment_url' | 'total'>, Agreement {
  link_generation: number;
}

const Items = z.array(Item);

/** The items in their order, each with what is known of its payment. */
const items = sql`(
  SELECT coalesce(json_agg(json_build_object('id', one.id, 'kind', kind,
      'amount', json_build_object('amount', due_amount, 'currency', one.currency),
      'due_at', due_at, 'paid_at', paid_at, 'status',
      CASE WHEN paid_at IS NOT NULL THEN 'paid' WHEN payments.id IS NULL THEN 'open'
        ELSE 'pending' END) ORDER BY one.id), '[]')
  FROM schedule_items AS one LEFT JOIN payments ON payments.tenant_id = one.tenant_id
    AND payments.schedule_id = one.schedule_id AND payments.item = kind
    AND payments.status = 'pending'
  WHERE one.tenant_id = schedules.tenant_id AND one.schedule_id = schedules.id)`;

const columns = sql`id, version, booking_id, contact, lines, net_amount, tax_name, tax_rate_ppm,
  tax_amount, total_amount, currency, link_generation, created_at, updated_at, ${items} AS items`;

interface ScheduleRow extends Row {
  id: string;
  contact: Agreement['contact'];
  net_amount: number;
  tax_name: string;
  tax_rate_ppm: number;
  tax_amount: number;
  total_amount: number;
  currency: string;
  items: unknown;
}

export function toSchedule(raw: Row): Schedule {
  const row = raw as ScheduleRow;
  const amount = (of: number) => money(of, row.currency);
  const { tax_name: name, tax_rate_ppm: rate_ppm } = row;
  return {
    ...row,
    client_name: row.contact.name,
    net: amount(row.net_amount),
    tax: { name, rate_ppm, amount: amount(row.tax_amount) },
    total: amount(row.total_amount),
    items: z.decode(Items, row.items as never),
  } as unknown as Schedule;
}

export const scheduleWhere = (tenant_id: string, condition: Sql): Sql =>
  sql`SELECT ${columns} FROM schedules WHERE tenant_id = ${tenant_id} AND ${condition}`;

/**
 * Whoever pays, settles or invoices holds the schedule: what is open is then told by one alone. A
 * statement of its own, before the one that reads, which else would show what was before the wait.
 */
export const lockSchedule = (tenant_id: string, condition: Sql): Sql =>
  sql`SELECT id FROM schedules WHERE tenant_id = ${tenant_id} AND ${condition} FOR UPDATE`;

export interface NewSchedule extends Agreement {
  booking_id: string;
  items: Due[];
}

export interface InsertedSchedule {
  id: string;
  version: number;
  link_generation: number;
  items: (Due & { id: string })[];
}

/** Undefined where the booking has its schedule already: told twice is once. */
export async function insertSchedule(
  tx: TenantTransaction,
  schedule: NewSchedule,
): Promise<InsertedSchedule | undefined> {
  const tenant_id = tx.tenant.id;
  const now = tx.tenant.now();
  const { booking_id, contact, lines, net, tax, total, items: dues } = schedule;
  const wanted = dues.map(({ kind, amount, due_at }) => ({
    kind,
    due_amount: amount.amount,
    due_at: due_at.toString(),
  }));
  const { client_id } = contact;
  tx.queue(holdClient(tenant_id, client_id));
  const [row] = await tx.query<{ id: string; ids: Record<string, string> }>(sql`
    WITH schedule AS (
      INSERT INTO schedules (tenant_id, booking_id, contact, lines, net_amount, tax_name,
        tax_rate_ppm, tax_amount, total_amount, currency, created_at, updated_at)
      VALUES (${tenant_id}, ${booking_id},
        jsonb_set(${JSON.stringify(contact)}::jsonb, '{client_id}',
          to_jsonb(${livesOnIn(tenant_id, client_id)})),
        ${JSON.stringify(lines)}::jsonb, ${net.amount}, ${tax.name}, ${tax.rate_ppm},
        ${tax.amount.amount}, ${total.amount}, ${total.currency}, ${now}, ${now})
      ON CONFLICT ON CONSTRAINT one_schedule_per_booking DO NOTHING
      RETURNING id),
    items AS (
      INSERT INTO schedule_items (tenant_id, schedule_id, kind, due_amount, currency, due_at)
      SELECT ${tenant_id}, schedule.id, kind, due_amount, ${total.currency}, due_at
      FROM schedule, jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        AS item(kind text, due_amount bigint, due_at timestamptz)
      RETURNING id, kind)
    SELECT id, (SELECT coalesce(json_object_agg(kind, items.id), '{}') FROM items) AS ids
    FROM schedule`);
  if (row === undefined) return undefined;
  const items = dues.map((due) => ({ ...due, id: row.ids[due.kind] ?? '' }));
  return { id: row.id, version: 1, link_generation: 1, items };
}

export async function findSchedule(tx: Reader, tenant_id: string, id: string): Promise<Schedule> {
  const [row] = await tx.query(scheduleWhere(tenant_id, sql`id = ${id}`));
  if (row === undefined) throw notFound('schedule');
  return toSchedule(row);
}

/** With the name of the business, where it is known here already. */
export async function findForClient(tx: Reader, tenant_id: string, id: string) {
  const [schedules, names] = await tx.queries([
    scheduleWhere(tenant_id, sql`id = ${id}`),
    sql`SELECT name FROM tenant_settings WHERE tenant_id = ${tenant_id}`,
  ]);
  const row = schedules?.[0];
  if (row === undefined) throw notFound('payment_link');
  const business_name = (names?.[0]?.name as string | undefined) ?? null;
  return { ...toSchedule(row), business_name };
}

export async function findSchedules(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listSchedules']>['query'],
): Promise<Page<Schedule>> {
  const { position, order, of } = page(query);
  const { booking_id } = query;
  const filter = booking_id === undefined ? sql`true` : sql`booking_id = ${booking_id}`;
  const rows = await tx.query<ScheduleRow>(
    sql`${scheduleWhere(tenant_id, filter)} ${position} ${order}`,
  );
  return of(rows, toSchedule);
}

export function markPaid(tx: TenantTransaction, schedule_id: string, kind: string): void {
  const { id, now } = tx.tenant;
  tx.queue(sql`
    UPDATE schedule_items SET paid_at = ${now()}
    WHERE tenant_id = ${id} AND schedule_id = ${schedule_id} AND kind = ${kind}`);
}

/** Whatever changes an item, or what is known of its payment, changes the schedule. */
export function touchSchedule(tx: TenantTransaction, schedule_id: string): void {
  const { id, now } = tx.tenant;
  tx.queue(sql`
    UPDATE schedules SET version = version + 1, updated_at = ${now()}
    WHERE tenant_id = ${id} AND id = ${schedule_id}`);
}
