import { type Page, page, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Input, Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { charters } from '../meters.ts';
import { type ClientCopy, clientById, lockClient } from './client-copy.ts';
import type { Itinerary, Stop } from './itinerary.ts';

type Routes = (typeof contract)['routes'];
export type Charter = Output<Routes['getCharter']>;
export type NewCharter = Itinerary &
  Pick<Charter, 'client_id' | 'passengers' | 'vehicles' | 'notes'>;

export const charterColumns = sql`id, version, client_id, status, passengers, stops, vehicles,
  starts_at, ends_at, notes, created_at, updated_at`;

/** A stop as it is kept and shown. */
const documentOf = (stop: Stop): Charter['stops'][number] => ({
  ...stop,
  local_time: stop.local_time.toString({ smallestUnit: 'minute' }),
  at: stop.at.toString(),
});

function found([row]: Charter[]): Charter {
  if (row === undefined) throw notFound('charter');
  return row;
}

/** With the client as it is by now: it may have been merged or erased since it was looked up. */
export async function insertCharter(tx: TenantTransaction, charter: NewCharter) {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const stops = JSON.stringify(charter.stops.map(documentOf));
  const client = clientById(id, charter.client_id);
  const [, clients, rows] = await tx.queries<[unknown[], ClientCopy[], Charter[]]>([
    lockClient(id, charter.client_id),
    client,
    sql`
    INSERT INTO charters (tenant_id, client_id, status, passengers, stops, vehicles, starts_at,
      ends_at, notes, created_at, updated_at)
    VALUES (${id}, (SELECT id FROM (${client}) AS client), 'inquiry',
      ${charter.passengers}, ${stops}::jsonb,
      ${JSON.stringify(charter.vehicles)}::jsonb, ${charter.starts_at}, ${charter.ends_at},
      ${charter.notes}, ${now}, ${now})
    RETURNING ${charterColumns}`,
  ]);
  charters.countAfter(tx, { status: 'inquiry' });
  return { charter: found(rows), client: clients[0] };
}

export const charterById = (tenant_id: string, id: string) =>
  sql`SELECT ${charterColumns} FROM charters WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function findCharter(tx: Reader, tenant_id: string, id: string): Promise<Charter> {
  return found(await tx.query<Charter>(charterById(tenant_id, id)));
}

export async function lockCharter(tx: TenantTransaction, id: string): Promise<Charter> {
  return found(await tx.query<Charter>(sql`${charterById(tx.tenant.id, id)} FOR UPDATE`));
}

/** Writes what a change of status changes. */
export function updateStatus(tx: TenantTransaction, charter: Charter): void {
  tx.queue(sql`
    UPDATE charters SET version = ${charter.version}, status = ${charter.status},
      updated_at = ${charter.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${charter.id}`);
  charters.countAfter(tx, { status: charter.status });
}

export async function findCharters(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listCharters']>['query'],
): Promise<Page<Charter>> {
  const { position, order, of } = page(query);
  const { status, client_id } = query;
  const rows = await tx.query<Charter>(
    sql`SELECT ${charterColumns} FROM charters WHERE tenant_id = ${tenant_id}
      ${status === undefined ? sql`` : sql`AND status = ${status}`}
      ${client_id === undefined ? sql`` : sql`AND client_id = ${client_id}`}
      ${position} ${order}`,
  );
  return of(rows);
}
