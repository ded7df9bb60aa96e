import { defineEvent } from '@roundhouse/events/schema';
import { Id, Instant, Money, Version } from '@roundhouse/service/contract';
import { z } from 'zod';

export const itemKinds = ['deposit', 'balance'] as const;

const schedule_id = '019a6f5e-0000-7000-8000-000000000005';
const booking_id = '019a6f5e-0000-7000-8000-000000000003';
const payment_id = '019a6f5e-0000-7000-8000-000000000006';
const invoice_id = '019a6f5e-0000-7000-8000-000000000007';
const usd = (amount: number) => ({ amount, currency: 'USD' });

const Item = z.object({ id: Id, kind: z.enum(itemKinds), amount: Money, due_at: Instant });

/** From here on the client can pay. The link is derived from id and generation by who shows it. */
export const ScheduleCreated = defineEvent(
  'payments.schedule.created.v1',
  z.object({
    schedule_id: Id,
    booking_id: Id,
    version: Version,
    link_generation: z.int().min(1),
    /** False where nothing has to be paid before the booking is firm. */
    deposit_required: z.boolean(),
    items: z.array(Item),
  }),
  {
    schedule_id,
    booking_id,
    version: 1,
    link_generation: 1,
    deposit_required: true,
    items: [
      {
        id: '019a6f5e-0000-7000-8000-000000000008',
        kind: 'deposit',
        amount: usd(35_929),
        due_at: '2026-11-23T09:30:00Z',
      },
    ],
  },
);

const PaymentFacts = z.object({
  payment_id: Id,
  schedule_id: Id,
  booking_id: Id,
  item: z.enum(itemKinds),
  amount: Money,
});
const payment = {
  payment_id,
  schedule_id,
  booking_id,
  item: 'deposit' as const,
  amount: usd(35_929),
};

export const PaymentSucceeded = defineEvent(
  'payments.payment.succeeded.v1',
  PaymentFacts.extend({ succeeded_at: Instant }),
  { ...payment, succeeded_at: '2026-11-21T10:00:00Z' },
);

export const PaymentFailed = defineEvent(
  'payments.payment.failed.v1',
  PaymentFacts.extend({ code: z.string(), decline_code: z.string().nullable() }),
  { ...payment, code: 'card_declined', decline_code: 'insufficient_funds' },
);

const InvoiceFacts = z.object({
  invoice_id: Id,
  booking_id: Id,
  number: z.string(),
  total: Money,
  /** What is still to be paid. */
  open: Money,
});
const invoice = { invoice_id, booking_id, number: 'INV-000001', total: usd(179_644) };

export const InvoiceIssued = defineEvent('payments.invoice.issued.v1', InvoiceFacts, {
  ...invoice,
  open: usd(143_715),
});

export const InvoicePaid = defineEvent('payments.invoice.paid.v1', InvoiceFacts, {
  ...invoice,
  open: usd(0),
});
