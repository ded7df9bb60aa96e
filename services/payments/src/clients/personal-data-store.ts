import { type Reader, sql } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';

type PersonalData = Output<typeof contract.routes.getPersonalDataOfPayments>;

/** A client is known here once it has agreed to pay. */
export async function findPersonalData(
  tx: Reader,
  tenant_id: string,
  client_id: string,
): Promise<PersonalData> {
  const theirs = sql`tenant_id = ${tenant_id} AND client_id = ${client_id}`;
  const [schedules, invoices] = await tx.queries<
    [PersonalData['schedules'], PersonalData['invoices']]
  >([
    sql`SELECT id, booking_id, contact, created_at FROM schedules WHERE ${theirs} ORDER BY id`,
    sql`SELECT id, number, bill_to, issued_at FROM invoices WHERE tenant_id = ${tenant_id}
      AND schedule_id IN (SELECT id FROM schedules WHERE ${theirs}) ORDER BY id`,
  ]);
  if (schedules.length === 0) throw notFound('client');
  return { schedules, invoices };
}
