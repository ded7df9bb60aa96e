import {
  auditRoutes,
  Currency,
  defineContract,
  Id,
  IdParams,
  Instant,
  listQuery,
  Money,
  pageOf,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { BillTo, clientRoutes } from './clients/contract.ts';
import { itemKinds } from './events.ts';

const itemKind = z.enum(itemKinds);

/** What a card is refused with: the provider's own codes, and the status that tells them. */
export const declineCodes = {
  card_declined: 402,
  authentication_required: 402,
  expired_card: 402,
  incorrect_cvc: 402,
  incorrect_number: 402,
  incorrect_zip: 402,
  insufficient_funds: 402,
  invalid_cvc: 402,
  invalid_expiry_month: 402,
  invalid_expiry_year: 402,
  invalid_number: 402,
  processing_error: 402,
} as const;

/** As the client agreed to it when the quote was accepted. */
const Line = z
  .object({
    kind: z.string(),
    description: z.string(),
    quantity: z.string(),
    unit: z.string(),
    unit_price: Money,
    amount: Money,
  })
  .meta({ id: 'InvoiceLine' });
const Tax = z.object({ name: z.string(), rate_ppm: z.int(), amount: Money });

export const Item = z
  .object({
    id: Id,
    kind: itemKind,
    amount: Money,
    due_at: Instant,
    /** Pending: a payment of it is under way, and its outcome is not known yet. */
    status: z.enum(['open', 'pending', 'paid']),
    paid_at: Instant.nullable(),
  })
  .meta({ id: 'ScheduleItem' });

const Schedule = z
  .object({
    id: Id,
    version: Version,
    booking_id: Id,
    client_name: z.string(),
    total: Money,
    items: z.array(Item),
    /** What the client opens to pay. */
    payment_url: z.string(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Schedule' });

/** What whoever has the link sees: no ids. */
const PublicSchedule = z
  .object({
    business_name: z.string().nullable(),
    client_name: z.string(),
    currency: Currency,
    lines: z.array(Line),
    net: Money,
    tax: Tax,
    total: Money,
    items: z.array(Item.omit({ id: true })),
  })
  .meta({ id: 'PublicSchedule' });

const Payment = z
  .object({
    id: Id,
    version: Version,
    schedule_id: Id,
    booking_id: Id,
    item: itemKind,
    amount: Money,
    status: z.enum(['pending', 'succeeded', 'failed']),
    failure_code: z.string().nullable(),
    decline_code: z.string().nullable(),
    /** The provider's own id, to find the payment there. */
    provider_payment_id: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
    settled_at: Instant.nullable(),
  })
  .meta({ id: 'Payment' });

/** The only success that there is; an outcome that is not known yet is answered as a refusal. */
const PaidItem = z
  .object({
    id: Id,
    item: itemKind,
    amount: Money,
    status: z.literal('succeeded'),
    settled_at: Instant,
  })
  .meta({ id: 'PaidItem' });

const Invoice = z
  .object({
    id: Id,
    version: Version,
    number: z.string().meta({ examples: ['INV-000001'] }),
    schedule_id: Id,
    booking_id: Id,
    status: z.enum(['open', 'paid']),
    bill_to: BillTo,
    lines: z.array(Line),
    net: Money,
    tax: Tax,
    total: Money,
    paid: Money,
    /** What is still to be paid. */
    open: Money,
    issued_at: Instant,
    paid_at: Instant.nullable(),
    updated_at: Instant,
  })
  .meta({ id: 'Invoice' });

/** What adds up over the years, beyond what one price may be. */
const Sum = z.strictObject({ amount: z.int(), currency: Currency }).meta({ id: 'Sum' });

const LedgerAccount = z
  .object({
    id: Id,
    code: z.string(),
    name: z.string(),
    kind: z.enum(['asset', 'liability', 'income']),
    debits: Sum,
    credits: Sum,
    /** On the account's own side: debits less credits of an asset, the other way of the others. */
    balance: Sum,
  })
  .meta({ id: 'LedgerAccount' });

const TrialBalance = z
  .object({ data: z.array(z.object({ currency: Currency, debits: Sum, credits: Sum })) })
  .meta({ id: 'TrialBalance' });

const TokenParams = z.object({ token: z.string().regex(/^[\w-]{70}$/) });
const byCreation = ['-created_at', 'created_at'] as const;

export const contract = defineContract(
  'payments',
  {
    getSchedule: {
      method: 'get',
      path: '/schedules/:id',
      summary: 'Read a payment schedule',
      permission: 'payments:read',
      params: IdParams,
      status: 200,
      response: Schedule,
    },
    listSchedules: {
      method: 'get',
      path: '/schedules',
      summary: 'List the payment schedules',
      permission: 'payments:read',
      query: listQuery(byCreation).extend({ booking_id: Id.optional() }),
      status: 200,
      response: pageOf(Schedule),
    },
    getPublicSchedule: {
      method: 'get',
      path: '/public/links/:token',
      summary: 'What the client sees',
      public: true,
      params: TokenParams,
      status: 200,
      response: PublicSchedule,
    },
    payItem: {
      method: 'post',
      path: '/public/links/:token/pay',
      summary: 'Pay the deposit or the balance by card',
      public: true,
      params: TokenParams,
      body: z.strictObject({
        item: itemKind,
        /** As the provider's own form in the client's browser has made it. */
        payment_method: z.string().regex(/^pm_\w{1,200}$/, 'is not a payment method'),
      }),
      status: 200,
      response: PaidItem,
      errors: {
        ...declineCodes,
        payment_method_invalid: 422,
        item_already_paid: 409,
        payment_in_progress: 409,
        payment_outcome_unknown: 503,
        payment_provider_refused: 503,
      },
      // Two before the provider is called and two after; one more where the account had to be made.
      max_trips: 5,
    },
    getPayment: {
      method: 'get',
      path: '/payments/:id',
      summary: 'Read a payment',
      permission: 'payments:read',
      params: IdParams,
      status: 200,
      response: Payment,
    },
    listPayments: {
      method: 'get',
      path: '/payments',
      summary: 'List the payments, also those that failed',
      permission: 'payments:read',
      query: listQuery(byCreation).extend({ booking_id: Id.optional() }),
      status: 200,
      response: pageOf(Payment),
    },
    getInvoice: {
      method: 'get',
      path: '/invoices/:id',
      summary: 'Read an invoice',
      permission: 'payments:read',
      params: IdParams,
      status: 200,
      response: Invoice,
    },
    listInvoices: {
      method: 'get',
      path: '/invoices',
      summary: 'List the invoices',
      permission: 'payments:read',
      query: listQuery(['-issued_at', 'issued_at']).extend({ booking_id: Id.optional() }),
      status: 200,
      response: pageOf(Invoice),
    },
    listLedgerAccounts: {
      method: 'get',
      path: '/ledger/accounts',
      summary: 'The accounts of the ledger and what stands on them',
      permission: 'ledger:read',
      query: listQuery(['code', '-code']),
      status: 200,
      response: pageOf(LedgerAccount),
    },
    getTrialBalance: {
      method: 'get',
      path: '/ledger/trial-balance',
      summary: 'All debits and all credits, currency by currency: they are equal',
      permission: 'ledger:read',
      status: 200,
      response: TrialBalance,
    },
    ...clientRoutes,
    ...auditRoutes,
  },
  // Who keeps the books reads who changed them; owner and admin may do all.
  { accountant: ['audit:read'], manager: ['personal_data:read'] },
);
