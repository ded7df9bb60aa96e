import { VehicleTypeCode } from '@roundhouse/pricing/contract';
import {
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { coordinates } from '../charters/contract.ts';

const typeFields = {
  name: text(100),
  seats: z.int().min(1).max(200),
  /** Where the vehicles stand, until each has a garage of its own. */
  base_address: text(300),
  base_latitude: coordinates.latitude,
  base_longitude: coordinates.longitude,
};
const VehicleType = z
  .object({
    id: Id,
    version: Version,
    code: VehicleTypeCode,
    ...typeFields,
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'VehicleType' });

const Resource = z
  .object({
    id: Id,
    version: Version,
    kind: z.literal('vehicle'),
    vehicle_type: VehicleTypeCode,
    name: z.string(),
    status: z.enum(['active', 'retired']),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Resource' });

export const resourceRoutes = {
  createVehicleType: {
    method: 'post',
    path: '/vehicle-types',
    summary: 'Add a type of vehicle',
    permission: 'bookings:write',
    body: z.strictObject({ code: VehicleTypeCode, ...typeFields }),
    status: 201,
    response: VehicleType,
    errors: { code_taken: 409 },
  },
  getVehicleType: {
    method: 'get',
    path: '/vehicle-types/:id',
    summary: 'Read a type of vehicle',
    permission: 'bookings:read',
    params: IdParams,
    status: 200,
    response: VehicleType,
  },
  listVehicleTypes: {
    method: 'get',
    path: '/vehicle-types',
    summary: 'List the types of vehicles',
    permission: 'bookings:read',
    query: listQuery(['code', '-code']),
    status: 200,
    response: pageOf(VehicleType),
  },
  changeVehicleType: {
    method: 'patch',
    path: '/vehicle-types/:id',
    summary: 'Change a type of vehicle: only the fields that are sent',
    permission: 'bookings:write',
    params: IdParams,
    body: z
      .strictObject(typeFields)
      .partial()
      .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'),
    conditional: true,
    status: 200,
    response: VehicleType,
  },
  createResource: {
    method: 'post',
    path: '/resources',
    summary: 'Add a vehicle that can be booked',
    permission: 'bookings:write',
    body: z.strictObject({
      kind: z.literal('vehicle').default('vehicle'),
      vehicle_type: VehicleTypeCode,
      name: text(100),
    }),
    status: 201,
    response: Resource,
    errors: { vehicle_type_unknown: 422, name_taken: 409 },
  },
  getResource: {
    method: 'get',
    path: '/resources/:id',
    summary: 'Read a vehicle',
    permission: 'bookings:read',
    params: IdParams,
    status: 200,
    response: Resource,
  },
  listResources: {
    method: 'get',
    path: '/resources',
    summary: 'List the vehicles',
    permission: 'bookings:read',
    query: listQuery(['name', '-name']).extend({ vehicle_type: VehicleTypeCode.optional() }),
    status: 200,
    response: pageOf(Resource),
  },
} as const satisfies Record<string, Route>;
