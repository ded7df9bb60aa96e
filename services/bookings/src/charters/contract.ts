import { VehicleTypeCode } from '@roundhouse/pricing/contract';
import {
  Id,
  IdParams,
  Instant,
  InstantText,
  listQuery,
  pageOf,
  prose,
  type Route,
  TimeZone,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { charterStatuses } from './states.ts';

/** By the clock on the wall, without offset: `2027-03-12T08:00`. */
const LocalTimeText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'is not a local time');
const LocalTime = z
  .codec(LocalTimeText, z.instanceof(Temporal.PlainDateTime), {
    decode: (value, context) => {
      try {
        return Temporal.PlainDateTime.from(value);
      } catch {
        const message = 'is not a time of the calendar';
        context.issues.push({ code: 'custom', input: value, message });
        return z.NEVER;
      }
    },
    encode: (time) => time.toString({ smallestUnit: 'minute' }),
  })
  .meta({ examples: ['2027-03-12T08:00'] });

export const coordinates = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
};

const stopFields = {
  address: text(300),
  ...coordinates,
  local_time: LocalTime,
  time_zone: TimeZone,
};
/** As it is kept: a document, whose times are texts. */
export const Stop = z
  .object({ ...stopFields, local_time: LocalTimeText, at: InstantText })
  .meta({ id: 'Stop' });
export const VehicleCount = z.strictObject({
  vehicle_type: VehicleTypeCode,
  count: z.int().min(1).max(50),
});

export const Charter = z
  .object({
    id: Id,
    version: Version,
    client_id: Id,
    status: z.enum(charterStatuses),
    passengers: z.int(),
    stops: z.array(Stop),
    vehicles: z.array(VehicleCount),
    starts_at: Instant,
    ends_at: Instant,
    notes: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Charter' });

/** What a step that the status does not allow is answered with. */
export const move = { transition_illegal: 409 } as const;

export const charterRoutes = {
  createCharter: {
    method: 'post',
    path: '/charters',
    area: 'charters',
    summary: 'Enter an inquiry',
    permission: 'bookings:write',
    body: z.strictObject({
      client_id: Id,
      passengers: z.int().min(1).max(10_000),
      stops: z.array(z.strictObject(stopFields)).min(2).max(50),
      vehicles: z.array(VehicleCount).min(1).max(10),
      notes: prose(2_000).nullable().default(null),
    }),
    status: 201,
    response: Charter,
    errors: {
      client_unknown: 422,
      client_barred: 422,
      vehicle_type_unknown: 422,
      vehicle_type_repeated: 422,
      too_few_seats: 422,
      stops_out_of_order: 422,
      span_invalid: 422,
    },
    // Three, and three more where neither client nor business is known here yet.
    max_trips: 7,
  },
  getCharter: {
    method: 'get',
    path: '/charters/:id',
    area: 'charters',
    summary: 'Read a charter',
    permission: 'bookings:read',
    params: IdParams,
    status: 200,
    response: Charter,
  },
  listCharters: {
    method: 'get',
    path: '/charters',
    area: 'charters',
    summary: 'List the charters',
    permission: 'bookings:read',
    query: listQuery(['-created_at', 'created_at', 'starts_at', '-starts_at']).extend({
      status: z.enum(charterStatuses).optional(),
      client_id: Id.optional(),
    }),
    status: 200,
    response: pageOf(Charter),
  },
  startCharter: {
    method: 'post',
    path: '/charters/:id/start',
    area: 'charters',
    summary: 'The coach is on its way',
    permission: 'bookings:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Charter,
    errors: move,
  },
  completeCharter: {
    method: 'post',
    path: '/charters/:id/complete',
    area: 'charters',
    summary: 'The trip is done: the invoice follows',
    permission: 'bookings:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Charter,
    errors: move,
  },
  cancelCharter: {
    method: 'post',
    path: '/charters/:id/cancel',
    area: 'charters',
    summary: 'Cancel before the client has accepted',
    permission: 'bookings:write',
    params: IdParams,
    body: z.strictObject({ reason: prose(500) }),
    conditional: true,
    status: 200,
    response: Charter,
    errors: { charter_accepted: 409, ...move },
  },
} as const satisfies Record<string, Route>;
