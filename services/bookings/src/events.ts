import { defineEvent } from '@roundhouse/events/schema';
import { Id, Instant, Money, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

/** Whom to write to: kept with the quote, as it was then. */
const Contact = z.object({
  client_id: Id,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});

const contact = {
  client_id: '019a6f5e-0000-7000-8000-000000000002',
  name: 'Riverside High School',
  email: 'trips@riverside.example',
  phone: '+12125550123',
};
const charter_id = '019a6f5e-0000-7000-8000-000000000003';
const quote_id = '019a6f5e-0000-7000-8000-000000000004';
const usd = (amount: number) => ({ amount, currency: 'USD' });

export const CharterRequested = defineEvent(
  'bookings.charter.requested.v1',
  z.object({
    charter_id: Id,
    version: Version,
    contact: Contact,
    starts_at: Instant,
    ends_at: Instant,
    passengers: z.int(),
  }),
  {
    charter_id,
    version: 1,
    contact,
    starts_at: '2027-03-12T13:00:00Z',
    ends_at: '2027-03-12T23:00:00Z',
    passengers: 48,
  },
);

export const QuoteCreated = defineEvent(
  'bookings.quote.created.v1',
  z.object({ quote_id: Id, charter_id: Id, version: Version, total: Money }),
  { quote_id, charter_id, version: 1, total: usd(180_000) },
);

/** Carries no link: whoever sends the message asks bookings for it. */
export const QuoteSent = defineEvent(
  'bookings.quote.sent.v1',
  z.object({
    quote_id: Id,
    charter_id: Id,
    version: Version,
    contact: Contact,
    total: Money,
    valid_until: Instant,
  }),
  {
    quote_id,
    charter_id,
    version: 2,
    contact,
    total: usd(180_000),
    valid_until: '2026-12-21T09:30:00Z',
  },
);

/** A part of the price as the client agreed to it. */
const AgreedLine = z.object({
  kind: z.string(),
  description: z.string(),
  quantity: z.string(),
  unit: z.string(),
  unit_price: Money,
  amount: Money,
});

/** All that payments needs to collect and to invoice: nobody asks bookings back. */
export const CharterAccepted = defineEvent(
  'bookings.charter.accepted.v1',
  z.object({
    charter_id: Id,
    quote_id: Id,
    version: Version,
    contact: Contact,
    accepted_at: Instant,
    starts_at: Instant,
    ends_at: Instant,
    lines: z.array(AgreedLine),
    net: Money,
    tax: z.object({ name: z.string(), rate_ppm: z.int(), amount: Money }),
    total: Money,
    /** Zero where none was agreed: then the charter is confirmed once payments knows of it. */
    deposit: Money,
    deposit_due_at: Instant,
    balance: Money,
    balance_due_at: Instant,
    /** The version of the policy that it was sold under. */
    policy_version: Version,
    held_until: Instant,
  }),
  {
    charter_id,
    quote_id,
    version: 3,
    contact,
    accepted_at: '2026-11-21T09:30:00Z',
    starts_at: '2027-03-12T13:00:00Z',
    ends_at: '2027-03-12T23:00:00Z',
    lines: [
      {
        kind: 'time',
        description: 'coach_56, 10 hours',
        quantity: '10',
        unit: 'hour',
        unit_price: usd(16_500),
        amount: usd(165_000),
      },
    ],
    net: usd(165_000),
    tax: { name: 'Sales tax', rate_ppm: 88_750, amount: usd(14_644) },
    total: usd(179_644),
    deposit: usd(35_929),
    deposit_due_at: '2026-11-23T09:30:00Z',
    balance: usd(143_715),
    balance_due_at: '2027-02-26T13:00:00Z',
    policy_version: 1,
    held_until: '2026-11-23T09:30:00Z',
  },
);

export const CharterConfirmed = defineEvent(
  'bookings.charter.confirmed.v1',
  z.object({ charter_id: Id, version: Version, confirmed_at: Instant }),
  { charter_id, version: 4, confirmed_at: '2026-11-22T10:00:00Z' },
);

export const CharterCompleted = defineEvent(
  'bookings.charter.completed.v1',
  z.object({ charter_id: Id, version: Version, completed_at: Instant }),
  { charter_id, version: 6, completed_at: '2027-03-12T23:40:00Z' },
);

export const CharterCanceled = defineEvent(
  'bookings.charter.canceled.v1',
  z.object({ charter_id: Id, version: Version, canceled_at: Instant, reason: z.string() }),
  { charter_id, version: 3, canceled_at: '2026-11-22T10:00:00Z', reason: 'The trip is off.' },
);
