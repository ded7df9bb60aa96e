import {
  type Page,
  page,
  type Reader,
  type Row,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Input, Output } from '@roundhouse/service/contract';
import { z } from 'zod';
import type { contract } from '../contract.ts';
import { Stop } from './contract.ts';

type Routes = (typeof contract)['routes'];
export type Charter = Output<Routes['getCharter']>;
export type NewCharter = Pick<
  Charter,
  'client_id' | 'passengers' | 'stops' | 'vehicles' | 'starts_at' | 'ends_at' | 'notes'
>;

const Stops = z.array(Stop);
export const charterColumns = sql`id, version, client_id, status, passengers, stops, vehicles,
  starts_at, ends_at, notes, created_at, updated_at`;

/** A row as the rest of the service knows it: the stops' times are times. */
export const toCharter = (row: Row): Charter =>
  ({ ...row, stops: z.decode(Stops, row.stops as never) }) as Charter;

function found([row]: Row[]): Charter {
  if (row === undefined) throw notFound('charter');
  return toCharter(row);
}

export async function insertCharter(tx: TenantTransaction, charter: NewCharter): Promise<Charter> {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const stops = JSON.stringify(z.encode(Stops, charter.stops));
  const rows = await tx.query(sql`
    INSERT INTO charters (tenant_id, client_id, status, passengers, stops, vehicles, starts_at,
      ends_at, notes, created_at, updated_at)
    VALUES (${id}, ${charter.client_id}, 'inquiry', ${charter.passengers}, ${stops}::jsonb,
      ${JSON.stringify(charter.vehicles)}::jsonb, ${charter.starts_at}, ${charter.ends_at},
      ${charter.notes}, ${now}, ${now})
    RETURNING ${charterColumns}`);
  return found(rows);
}

export const charterById = (tenant_id: string, id: string) =>
  sql`SELECT ${charterColumns} FROM charters WHERE tenant_id = ${tenant_id} AND id = ${id}`;

export async function findCharter(tx: Reader, tenant_id: string, id: string): Promise<Charter> {
  return found(await tx.query(charterById(tenant_id, id)));
}

export async function lockCharter(tx: TenantTransaction, id: string): Promise<Charter> {
  return found(await tx.query(sql`${charterById(tx.tenant.id, id)} FOR UPDATE`));
}

/** Writes what a change of status changes. */
export function updateStatus(tx: TenantTransaction, charter: Charter): void {
  tx.queue(sql`
    UPDATE charters SET version = ${charter.version}, status = ${charter.status},
      updated_at = ${charter.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${charter.id}`);
}

export async function findCharters(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listCharters']>['query'],
): Promise<Page<Charter>> {
  const { position, order, of } = page(query);
  const { status, client_id } = query;
  const rows = await tx.query(
    sql`SELECT ${charterColumns} FROM charters WHERE tenant_id = ${tenant_id}
      ${status === undefined ? sql`` : sql`AND status = ${status}`}
      ${client_id === undefined ? sql`` : sql`AND client_id = ${client_id}`}
      ${position} ${order}`,
  );
  return of(rows, toCharter);
}
