import { type Page, page, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict, invalid, notFound } from '@roundhouse/errors';
import type { Input, Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';

type Routes = (typeof contract)['routes'];
export type VehicleType = Output<Routes['getVehicleType']>;
export type NewVehicleType = Input<Routes['createVehicleType']>['body'];
export type Resource = Output<Routes['getResource']>;
export type NewResource = Input<Routes['createResource']>['body'];

// Coordinates are exact decimals in the table and numbers everywhere else.
const typeColumns = sql`id, version, code, name, seats, base_address,
  base_latitude::float8 AS base_latitude, base_longitude::float8 AS base_longitude,
  created_at, updated_at`;
const resourceColumns = sql`
  id, version, kind, vehicle_type, name, status, created_at, updated_at`;

function found<T>([row]: T[], noun: string): T {
  if (row === undefined) throw notFound(noun);
  return row;
}

export async function insertVehicleType(tx: TenantTransaction, type: NewVehicleType) {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const rows = await tx.query<VehicleType>(
    sql`INSERT INTO vehicle_types (tenant_id, code, name, seats, base_address, base_latitude,
        base_longitude, created_at, updated_at)
      VALUES (${id}, ${type.code}, ${type.name}, ${type.seats}, ${type.base_address},
        ${type.base_latitude}, ${type.base_longitude}, ${now}, ${now})
      RETURNING ${typeColumns}`,
    { one_vehicle_type_per_code: () => conflict('code_taken', 'There is a type with this code.') },
  );
  return found(rows, 'vehicle_type');
}

export async function findVehicleType(tx: Reader, tenant_id: string, id: string) {
  const rows = await tx.query<VehicleType>(
    sql`SELECT ${typeColumns} FROM vehicle_types WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  return found(rows, 'vehicle_type');
}

export async function lockVehicleType(tx: TenantTransaction, id: string) {
  const rows = await tx.query<VehicleType>(
    sql`SELECT ${typeColumns} FROM vehicle_types
      WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
  );
  return found(rows, 'vehicle_type');
}

export function updateVehicleType(tx: TenantTransaction, type: VehicleType): void {
  tx.queue(sql`
    UPDATE vehicle_types SET version = ${type.version}, name = ${type.name}, seats = ${type.seats},
      base_address = ${type.base_address}, base_latitude = ${type.base_latitude},
      base_longitude = ${type.base_longitude}, updated_at = ${type.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${type.id}`);
}

export async function findVehicleTypes(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listVehicleTypes']>['query'],
): Promise<Page<VehicleType>> {
  const { position, order, of } = page(query, 'text');
  const rows = await tx.query<VehicleType>(
    sql`SELECT ${typeColumns} FROM vehicle_types
      WHERE tenant_id = ${tenant_id} ${position} ${order}`,
  );
  return of(rows);
}

/** The types by their codes, as far as they exist. */
export const vehicleTypesByCode = (tenant_id: string, codes: string[]) =>
  sql`SELECT ${typeColumns} FROM vehicle_types
    WHERE tenant_id = ${tenant_id} AND code = ANY(${codes})`;

/** The types that a charter asks for. */
export const vehicleTypesOf = (tenant_id: string, charter_id: string) =>
  sql`SELECT ${typeColumns} FROM vehicle_types WHERE tenant_id = ${tenant_id}
    AND code IN (SELECT vehicle ->> 'vehicle_type'
      FROM charters, jsonb_array_elements(vehicles) AS vehicle
      WHERE tenant_id = ${tenant_id} AND id = ${charter_id})`;

export async function insertResource(tx: TenantTransaction, resource: NewResource) {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const rows = await tx.query<Resource>(
    sql`INSERT INTO resources (tenant_id, kind, vehicle_type, name, created_at, updated_at)
      VALUES (${id}, ${resource.kind}, ${resource.vehicle_type}, ${resource.name}, ${now}, ${now})
      RETURNING ${resourceColumns}`,
    {
      one_resource_per_name: () => conflict('name_taken', 'There is a vehicle with this name.'),
      resource_of_a_known_vehicle_type: () =>
        invalid('vehicle_type_unknown', '/vehicle_type', 'There is no such type of vehicle.'),
    },
  );
  return found(rows, 'resource');
}

export async function findResource(tx: Reader, tenant_id: string, id: string) {
  const rows = await tx.query<Resource>(
    sql`SELECT ${resourceColumns} FROM resources WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  return found(rows, 'resource');
}

export async function findResources(
  tx: Reader,
  tenant_id: string,
  query: Input<Routes['listResources']>['query'],
): Promise<Page<Resource>> {
  const { position, order, of } = page(query, 'text');
  const type = query.vehicle_type;
  const rows = await tx.query<Resource>(
    sql`SELECT ${resourceColumns} FROM resources WHERE tenant_id = ${tenant_id}
      ${type === undefined ? sql`` : sql`AND vehicle_type = ${type}`} ${position} ${order}`,
  );
  return of(rows);
}
