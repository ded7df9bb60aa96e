import { CharterPrice, VehicleTypeCode } from '@roundhouse/pricing/contract';
import {
  defineContract,
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  prose,
  TimeZone,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { charterStatuses } from './charters/states.ts';

/** By the clock on the wall, without offset: `2027-03-12T08:00`. */
const LocalTime = z
  .codec(
    z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'is not a local time'),
    z.instanceof(Temporal.PlainDateTime),
    {
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
    },
  )
  .meta({ examples: ['2027-03-12T08:00'] });

const coordinates = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
};

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

const stopFields = {
  address: text(300),
  ...coordinates,
  local_time: LocalTime,
  time_zone: TimeZone,
};
export const Stop = z.object({ ...stopFields, at: Instant }).meta({ id: 'Stop' });
const VehicleCount = z.strictObject({
  vehicle_type: VehicleTypeCode,
  count: z.int().min(1).max(50),
});

const Charter = z
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

const quoteStatus = z.enum(['draft', 'sent', 'accepted', 'superseded']);
export const Contact = z.object({
  client_id: Id,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});
const Quote = z
  .object({
    id: Id,
    version: Version,
    charter_id: Id,
    status: quoteStatus,
    contact: Contact,
    price: CharterPrice,
    valid_until: Instant.nullable(),
    sent_at: Instant.nullable(),
    accepted_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Quote' });

/** What the client sees: no ids, and of the price what it is made of. */
const PublicQuote = z
  .object({
    business_name: z.string().nullable(),
    status: quoteStatus,
    client_name: z.string(),
    passengers: z.int(),
    stops: z.array(Stop),
    vehicles: z.array(VehicleCount),
    price: CharterPrice.pick({
      currency: true,
      lines: true,
      net: true,
      tax: true,
      total: true,
      deposit: true,
      balance: true,
      distance: true,
      hash: true,
    }),
    terms: z.string(),
    valid_until: Instant.nullable(),
    accepted_at: Instant.nullable(),
    /** Where the client pays, once the payment schedule is there. */
    payment_url: z.string().nullable(),
  })
  .meta({ id: 'PublicQuote' });

const TokenParams = z.object({ token: z.string().regex(/^[\w-]{70}$/) });
const move = { transition_illegal: 409 } as const;

export const contract = defineContract('bookings', {
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
  createQuote: {
    method: 'post',
    path: '/charters/:id/quotes',
    area: 'charters',
    summary: 'Price the charter and write a quote',
    permission: 'bookings:write',
    params: IdParams,
    status: 201,
    response: Quote,
    errors: {
      charter_not_quotable: 409,
      charter_changed: 409,
      no_rate_card: 422,
      span_invalid: 422,
      amount_too_large: 422,
    },
  },
  getQuote: {
    method: 'get',
    path: '/quotes/:id',
    area: 'charters',
    summary: 'Read a quote',
    permission: 'bookings:read',
    params: IdParams,
    status: 200,
    response: Quote,
  },
  listQuotes: {
    method: 'get',
    path: '/quotes',
    area: 'charters',
    summary: 'List the quotes',
    permission: 'bookings:read',
    query: listQuery(['-created_at', 'created_at']).extend({ charter_id: Id.optional() }),
    status: 200,
    response: pageOf(Quote),
  },
  sendQuote: {
    method: 'post',
    path: '/quotes/:id/send',
    area: 'charters',
    summary: 'Send the quote; again gives the same link',
    permission: 'bookings:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Quote.extend({ public_url: z.string() }),
    errors: { quote_accepted: 409, quote_superseded: 409, ...move },
    idempotency: 'none',
  },
  getPublicQuote: {
    method: 'get',
    path: '/public/quotes/:token',
    area: 'charters',
    summary: 'What the client sees',
    public: true,
    params: TokenParams,
    status: 200,
    response: PublicQuote,
  },
  acceptQuote: {
    method: 'post',
    path: '/public/quotes/:token/accept',
    area: 'charters',
    summary: 'Accept the quote: its vehicles are held from now on',
    public: true,
    params: TokenParams,
    body: z.strictObject({ name: text(200), terms_accepted: z.literal(true) }),
    status: 200,
    response: PublicQuote,
    errors: {
      vehicle_taken: 409,
      quote_draft: 409,
      quote_accepted: 409,
      quote_superseded: 409,
      quote_expired: 409,
      ...move,
    },
    max_trips: 2,
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
});
