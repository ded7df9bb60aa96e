import { CharterPrice } from '@roundhouse/pricing/contract';
import {
  Id,
  IdParams,
  Instant,
  InstantText,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { move, Stop, VehicleCount } from '../charters/contract.ts';

export const quoteStatus = z.enum(['draft', 'sent', 'accepted', 'superseded']);
export const Contact = z.object({
  client_id: Id,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});
/** The price as pricing answered it, kept as the document that it was. */
const QuotedPrice = CharterPrice.extend({
  vehicles: z.array(
    CharterPrice.shape.vehicles.element
      .extend({ garage_out_at: InstantText, garage_in_at: InstantText })
      .meta({ id: 'QuotedVehicle' }),
  ),
}).meta({ id: 'QuotedPrice' });

const Quote = z
  .object({
    id: Id,
    version: Version,
    charter_id: Id,
    status: quoteStatus,
    contact: Contact,
    price: QuotedPrice,
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
    price: QuotedPrice.pick({
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

export const quoteRoutes = {
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
} as const satisfies Record<string, Route>;
