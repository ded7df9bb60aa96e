import {
  auditRoutes,
  Currency,
  defineContract,
  Id,
  IdParams,
  Instant,
  listQuery,
  Money,
  Price,
  pageOf,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';

/** What bookings calls a type of vehicle, such as `coach_56`. */
export const VehicleTypeCode = z
  .string()
  .max(50)
  .regex(/^[a-z][a-z0-9_]*$/, 'is not a code in snake_case')
  .meta({ examples: ['coach_56'] });

const Place = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});

const rates = {
  /** Billed at least, garage to garage. */
  minimum_hours: z.int().min(0).max(24),
  hourly: Price,
  /** With passengers on board. */
  live_mile: Price,
  /** Empty, from the base and back to it. */
  deadhead_mile: Price,
};

const RateCard = z
  .object({
    id: Id,
    version: Version,
    vehicle_type: VehicleTypeCode,
    ...rates,
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'RateCard' });

const taxRate = {
  name: text(100).meta({ examples: ['NY sales tax'] }),
  /** Parts per million: 8.875 % is 88,750. */
  rate_ppm: z.int().min(0).max(1_000_000),
};
export const TaxRate = z.object({ version: Version, ...taxRate }).meta({ id: 'TaxRate' });

/** What is paid when, and how long a slot waits for it. */
const depositPolicy = {
  /** Of the total; 0 asks for no deposit, 1,000,000 for all of it. */
  deposit_ppm: z.int().min(0).max(1_000_000),
  /** How long after the acceptance the deposit may come, and the slot is held. */
  hold_hours: z
    .int()
    .min(1)
    .max(24 * 30),
  /** The balance is due this long before the start, or at once where that has passed. */
  balance_days_before_start: z.int().min(0).max(365),
  /** How long a sent quote can be accepted. */
  quote_valid_days: z.int().min(1).max(365),
};
export const DepositPolicy = z
  .object({ version: Version, ...depositPolicy })
  .meta({ id: 'DepositPolicy' });

const PriceLine = z
  .object({
    kind: z.enum(['time', 'live_miles', 'deadhead_miles']),
    vehicle_type: VehicleTypeCode,
    description: z.string(),
    /** A decimal number, such as `6.25`: hours or miles of all vehicles of the type. */
    quantity: z.string(),
    unit: z.enum(['hour', 'mile']),
    unit_price: Money,
    amount: Money,
  })
  .meta({ id: 'PriceLine' });

/** One rule that was applied: by it and by the inputs, anybody can do the sum again. */
const PriceStep = z
  .object({
    rule: z.string().meta({ examples: ['minimum_hours'] }),
    /** Of the rate card, tax rate or policy that the rule stands in. */
    version: Version.nullable(),
    vehicle_type: VehicleTypeCode.nullable(),
    detail: z.string(),
    amount: Money.nullable(),
  })
  .meta({ id: 'PriceStep' });

/** What one type of vehicle is out for, garage to garage. */
const VehicleEstimate = z
  .object({
    vehicle_type: VehicleTypeCode,
    count: z.int(),
    /** Estimates: great circle times a stated factor. */
    live_meters: z.int(),
    deadhead_meters: z.int(),
    garage_out_at: Instant,
    garage_in_at: Instant,
  })
  .meta({ id: 'VehicleEstimate' });

export const CharterPrice = z
  .object({
    currency: Currency,
    lines: z.array(PriceLine),
    steps: z.array(PriceStep),
    net: Money,
    tax: z.object({
      name: z.string(),
      rate_ppm: z.int(),
      version: Version.nullable(),
      amount: Money,
    }),
    total: Money,
    deposit: Money,
    balance: Money,
    policy: DepositPolicy,
    vehicles: z.array(VehicleEstimate),
    /** `estimated`: no road network was asked. */
    distance: z.object({
      method: z.literal('great_circle'),
      factor_ppm: z.int(),
      estimated: z.literal(true),
    }),
    /** SHA-256 in hex over the canonical JSON (RFC 8785) of everything above. */
    hash: z.string(),
  })
  .meta({ id: 'CharterPrice' });

export const contract = defineContract(
  'pricing',
  {
    createRateCard: {
      method: 'post',
      path: '/rate-cards',
      summary: 'Set the rates of a type of vehicle',
      permission: 'pricing:write',
      body: z.strictObject({ vehicle_type: VehicleTypeCode, ...rates }),
      status: 201,
      response: RateCard,
      errors: { rate_card_exists: 409, currency_mismatch: 422 },
    },
    getRateCard: {
      method: 'get',
      path: '/rate-cards/:id',
      summary: 'Read a rate card',
      permission: 'pricing:read',
      params: IdParams,
      status: 200,
      response: RateCard,
    },
    listRateCards: {
      method: 'get',
      path: '/rate-cards',
      summary: 'List the rate cards',
      permission: 'pricing:read',
      query: listQuery(['vehicle_type', '-vehicle_type']).extend({
        vehicle_type: VehicleTypeCode.optional(),
      }),
      status: 200,
      response: pageOf(RateCard),
    },
    changeRateCard: {
      method: 'patch',
      path: '/rate-cards/:id',
      summary: 'Change rates: quotes that were written before keep theirs',
      permission: 'pricing:write',
      params: IdParams,
      body: z
        .strictObject(rates)
        .partial()
        .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'),
      conditional: true,
      status: 200,
      response: RateCard,
      errors: { currency_mismatch: 422 },
    },
    getTaxRate: {
      method: 'get',
      path: '/tax-rate',
      summary: 'Read the tax on charters',
      permission: 'pricing:read',
      status: 200,
      response: TaxRate,
    },
    setTaxRate: {
      method: 'put',
      path: '/tax-rate',
      summary: 'Set the tax on charters from now on',
      permission: 'pricing:write',
      body: z.strictObject(taxRate),
      conditional: true,
      status: 200,
      response: TaxRate,
    },
    getDepositPolicy: {
      method: 'get',
      path: '/deposit-policy',
      summary: 'Read what is paid when',
      permission: 'pricing:read',
      status: 200,
      response: DepositPolicy,
    },
    setDepositPolicy: {
      method: 'put',
      path: '/deposit-policy',
      summary: 'Set what is paid when, from now on: what was sold keeps its version',
      permission: 'pricing:write',
      body: z.strictObject(depositPolicy),
      conditional: true,
      status: 200,
      response: DepositPolicy,
    },
    priceCharter: {
      method: 'post',
      path: '/charter-prices',
      summary: 'Price a charter, with lines and steps; nothing is kept',
      permission: 'pricing:read',
      body: z.strictObject({
        /** The stops in order, at least where it begins and where it ends. */
        stops: z.array(Place).min(2).max(50),
        /** At the first and at the last stop. */
        starts_at: Instant,
        ends_at: Instant,
        vehicles: z
          .array(
            z.strictObject({
              vehicle_type: VehicleTypeCode,
              count: z.int().min(1).max(50),
              /** Where these vehicles come from and go back to. */
              base: Place,
            }),
          )
          .min(1)
          .max(10),
      }),
      idempotency: 'none',
      max_trips: 1,
      status: 200,
      response: CharterPrice,
      errors: {
        no_rate_card: 422,
        span_invalid: 422,
        vehicle_type_repeated: 422,
        amount_too_large: 422,
      },
    },
    ...auditRoutes,
  },
  // Owner and admin may do all; the area is named for whoever looks for it.
  { admin: ['audit:read'] },
);
