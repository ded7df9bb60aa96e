import { type Reader, sql } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import { type Charter, charterColumns } from '../charters/store.ts';
import type { contract } from '../contract.ts';

type PersonalData = Output<typeof contract.routes.getPersonalDataOfBookings>;
type Rows = [PersonalData['contact'][], Charter[], PersonalData['quotes'], Acceptances];
type Acceptances = PersonalData['acceptances'];

/** All that names the client, or that it said. */
export async function findPersonalData(
  tx: Reader,
  tenant_id: string,
  client_id: string,
): Promise<PersonalData> {
  const theirs = sql`tenant_id = ${tenant_id} AND client_id = ${client_id}`;
  const quotes = sql`quotes WHERE tenant_id = ${tenant_id}
    AND charter_id IN (SELECT id FROM charters WHERE ${theirs})`;
  const [[contact], charters, offered, acceptances] = await tx.queries<Rows>([
    sql`SELECT id AS client_id, name, email, phone FROM clients
      WHERE tenant_id = ${tenant_id} AND id = ${client_id}
        AND merged_into IS NULL AND erased_at IS NULL`,
    sql`SELECT ${charterColumns} FROM charters WHERE ${theirs} ORDER BY id`,
    sql`SELECT id, charter_id, status, contact FROM ${quotes} ORDER BY id`,
    sql`SELECT quote_id, name, accepted_at, address, user_agent FROM acceptances
      WHERE tenant_id = ${tenant_id} AND quote_id IN (SELECT id FROM ${quotes}) ORDER BY quote_id`,
  ]);
  if (contact === undefined) throw notFound('client');
  return { contact, charters, quotes: offered, acceptances };
}
