import { randomUUID } from 'node:crypto';
import { DomainError } from '@roundhouse/errors';
import { money } from '@roundhouse/money';
import { ScheduleCreated } from '@roundhouse/payments/events';
import type { CharterPrice } from '@roundhouse/pricing/contract';
import { type Actor, anAuth, type ServedService, serve } from '@roundhouse/testing';
import type { z } from 'zod';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { subscriptions } from '../src/subscriptions.ts';

export type Price = z.output<typeof CharterPrice>;
export type Bookings = ServedService<typeof contract>;

const usd = (amount: number) => money(amount, 'USD');
const links = {
  quote: 'q'.repeat(32),
  payment: 'p'.repeat(32),
  public_url: 'http://localhost:8080/api/v1',
};

/** The clients that the clients service would know. */
const clientBook = new Map<string, { status: 'active' | 'barred' }>();

/** A price as pricing would make it: an hour of deadhead on both sides, 20 % down. */
export function aPrice(request: {
  starts_at: Temporal.Instant;
  ends_at: Temporal.Instant;
  vehicles: { vehicle_type: string; count: number }[];
}): Price {
  const policy = {
    version: 1,
    deposit_ppm: 200_000,
    hold_hours: 48,
    balance_days_before_start: 14,
    quote_valid_days: 30,
  };
  return {
    currency: 'USD',
    lines: request.vehicles.map(({ vehicle_type, count }) => ({
      kind: 'time',
      vehicle_type,
      description: `${count} × ${vehicle_type}`,
      quantity: String(10 * count),
      unit: 'hour',
      unit_price: usd(10_000),
      amount: usd(100_000),
    })),
    steps: [],
    net: usd(100_000),
    tax: { name: 'Tax', rate_ppm: 80_000, version: 1, amount: usd(8_000) },
    total: usd(108_000),
    deposit: usd(21_600),
    balance: usd(86_400),
    policy,
    vehicles: request.vehicles.map((vehicle) => ({
      ...vehicle,
      live_meters: 100_000,
      deadhead_meters: 20_000,
      garage_out_at: request.starts_at.subtract({ hours: 1 }),
      garage_in_at: request.ends_at.add({ hours: 1 }),
    })),
    distance: { method: 'great_circle', factor_ppm: 1_250_000, estimated: true },
    hash: 'a'.repeat(64),
  };
}

/** What pricing answers in this test file; a test may replace it for a while. */
export const pricing = {
  answer: async (request: Parameters<typeof aPrice>[0]): Promise<Price> => aPrice(request),
};

/** The service with its neighbors as arguments. */
export const serveBookings = (now?: () => Temporal.Instant): Promise<Bookings> =>
  serve({
    contract,
    subscriptions,
    ...(now === undefined ? {} : { now }),
    createApp: (base) =>
      createApp({
        ...base,
        links,
        auth: anAuth(),
        clients: {
          getClient: async ({ params }) => {
            const known = clientBook.get(params.id);
            if (known === undefined) throw new DomainError('not_found', 'not_found', 'No client.');
            const at = Temporal.Instant.from('2026-11-21T09:00:00Z');
            const times = { created_at: at, updated_at: at, time_zone: 'UTC', version: 1 };
            const contact = { name: 'Riverside High School', email: 'trips@riverside.example' };
            const kind = 'company' as const;
            const names = { kind, first_name: null, last_name: null, company_name: null };
            const rest = { locale: null, external_id: null, tags: [], custom_fields: {} };
            const client = { ...names, ...contact, phone: null, ...rest, archived_at: null };
            return { ...params, ...client, ...known, ...times };
          },
        },
        pricing: { priceCharter: async ({ body }) => pricing.answer(body) },
      }),
  });

export const aTrip = (changes: object = {}) => ({
  passengers: 48,
  stops: [
    aStop('Riverside High School, Yonkers, NY', 40.94, -73.89, '2027-03-12T08:00'),
    aStop('Museum of Natural History, New York, NY', 40.78, -73.97, '2027-03-12T10:00'),
    aStop('Riverside High School, Yonkers, NY', 40.94, -73.89, '2027-03-12T18:00'),
  ],
  vehicles: [{ vehicle_type: 'coach_56', count: 1 }],
  ...changes,
});

const aStop = (address: string, latitude: number, longitude: number, local_time: string) => ({
  address,
  latitude,
  longitude,
  local_time,
  time_zone: 'America/New_York',
});

const coachType = {
  code: 'coach_56',
  name: 'Coach, 56 seats',
  seats: 56,
  base_address: 'Garage, Yonkers, NY',
  base_latitude: 40.93,
  base_longitude: -73.9,
};

/** A business with so many coaches of one type, and what its people do. */
export async function anOffice(bookings: Bookings, { coaches = 1 } = {}) {
  const tenant_id = randomUUID();
  const dispatcher: Actor<typeof contract> = bookings.actor(['dispatcher'], tenant_id);
  const anybody = bookings.stranger();
  await dispatcher.does('createVehicleType', { body: coachType });
  for (let number = 1; number <= coaches; number += 1) {
    const body = { vehicle_type: 'coach_56', name: `Coach ${number}` };
    await dispatcher.does('createResource', { body });
  }
  const aClient = (status: 'active' | 'barred' = 'active') => {
    const id = randomUUID();
    clientBook.set(id, { status });
    return id;
  };
  const takesInquiry = (changes: object = {}) =>
    dispatcher.does('createCharter', {
      body: { client_id: aClient(), ...aTrip(changes) } as never,
    });
  const quotes = async (charter_id: string) =>
    dispatcher.does('createQuote', { params: { id: charter_id } });
  const sends = async (quote_id: string) =>
    dispatcher.does('sendQuote', { params: { id: quote_id } });
  /** A quote that only waits for the client's word. */
  const sentQuote = async (changes: object = {}) => {
    const charter = await takesInquiry(changes);
    const { public_url, ...quote } = await sends((await quotes(charter.id)).id);
    return { charter, quote, token: public_url.split('/').at(-1) ?? '' };
  };
  const accepts = (token: string, extras?: { idempotency_key?: string }) => {
    const body = { name: 'Pat Principal', terms_accepted: true } as const;
    return anybody.tries('acceptQuote', { params: { token }, body }, extras);
  };
  const opens = (token: string) => anybody.tries('getPublicQuote', { params: { token } });
  const reads = (id: string) => dispatcher.does('getCharter', { params: { id } });
  /** Payments tells that there is a schedule. */
  const hearsSchedule = (charter_id: string, deposit_required = true, id = randomUUID()) =>
    bookings.hears(ScheduleCreated, {
      tenant_id,
      id,
      data: {
        schedule_id: charter_id,
        booking_id: charter_id,
        version: 1,
        link_generation: 1,
        deposit_required,
        items: [],
      },
    });
  return {
    tenant_id,
    dispatcher,
    anybody,
    aClient,
    takesInquiry,
    quotes,
    sends,
    sentQuote,
    accepts,
    opens,
    reads,
    hearsSchedule,
  };
}
