import { describe, expect, test } from '@jest/globals';
import { money } from '@roundhouse/money';
import fc from 'fast-check';
import { z } from 'zod';
import { applyPayment, invoiceNumber, issue } from '../src/invoices/invoice.ts';
import { debitsOf, invoiceIssued, type Posting, paymentReceived } from '../src/ledger/posting.ts';
import {
  type Attempt,
  attemptOf,
  type Payment,
  type Settled,
  settle,
} from '../src/payments/payment.ts';
import { duesOf } from '../src/schedules/schedule.ts';
import { checkStripe, stripeFields } from '../src/stripe.ts';

const now = Temporal.Instant.from('2026-11-21T09:00:00Z');
const later = now.add({ hours: 1 });
const usd = (amount: number) => money(amount, 'USD');

const aPayment = (changes: Partial<Payment> = {}): Payment => ({
  ...{ id: 'payment', version: 1, schedule_id: 'schedule', booking_id: 'booking' },
  ...{ item: 'deposit', amount: usd(21_600), status: 'pending' },
  ...{ failure_code: null, decline_code: null, provider_payment_id: null },
  ...{ created_at: now, updated_at: now, settled_at: null },
  ...changes,
});
const anAttempt = (changes: Partial<Attempt> = {}): Attempt => ({
  ...{ ...aPayment(), request_key: null, in_progress: false },
  ...changes,
});
const success: Settled = { kind: 'succeeded', provider_payment_id: 'pi_1', amount: usd(21_600) };
const failure: Settled = {
  ...{ kind: 'failed', provider_payment_id: 'pi_1', code: 'expired_card', decline_code: null },
};

describe('an attempt to pay', () => {
  test('is a new one where none stands, also after one that failed', () => {
    expect(attemptOf([], undefined)).toBeUndefined();
    expect(attemptOf([anAttempt({ status: 'failed' })], 'click')).toBeUndefined();
  });

  test('goes on with the one that nobody has finished, whoever began it', () => {
    const left = anAttempt({ request_key: 'other' });
    expect(attemptOf([left], undefined)).toBe(left);
    expect(attemptOf([left], 'click')).toBe(left);
  });

  test('gets back what became of its own key', () => {
    const failed = anAttempt({ status: 'failed', request_key: 'click' });
    expect(attemptOf([failed, anAttempt({ status: 'succeeded' })], 'click')).toBe(failed);
  });

  test.each([
    [{ status: 'succeeded' }, 'item_already_paid'],
    [{ in_progress: true }, 'payment_in_progress'],
    [{ in_progress: true, request_key: 'click' }, 'idempotency_key_in_use'],
  ] as [Partial<Attempt>, string][])('is refused beside %j: %s', (standing, code) => {
    expect(() => attemptOf([anAttempt(standing)], 'click')).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('settling', () => {
  test('forgets a failure when the money has come, and never the money', () => {
    const failed = settle(aPayment(), failure, now);
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'expired_card', version: 2 });
    const paid = settle(failed, success, later);
    expect(paid).toMatchObject({ status: 'succeeded', failure_code: null, settled_at: later });
    expect(settle(paid, failure, later)).toBe(paid);
  });

  test('of another amount or currency is not of this payment', () => {
    const payment = aPayment();
    expect(settle(payment, { ...success, amount: usd(1) }, now)).toBe(payment);
    expect(settle(payment, { ...success, amount: money(21_600, 'EUR') }, now)).toBe(payment);
  });

  test('ends the same whatever order the words come in, and however often', () => {
    const words = fc.array(fc.constantFrom(success, failure), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, (told) => {
        const end = told.reduce((payment, word) => settle(payment, word, now), aPayment());
        const wanted = told.includes(success) ? 'succeeded' : 'failed';
        return end.status === wanted;
      }),
    );
  });
});

const amount = fc.integer({ min: 0, max: 1_000_000_000_000 });

describe('the books', () => {
  const balances = (posting: Posting) =>
    debitsOf(posting) === posting.entries.reduce((sum, entry) => sum + entry.credit_amount, 0);

  test('balance for any invoice and any payment, and receivable is what is open', () => {
    fc.assert(
      fc.property(amount, amount, fc.nat(100), (net, tax, percent) => {
        const total = net + tax;
        const paid = Math.floor((total * percent) / 100);
        const postings = [
          ...invoiceIssued({
            ...{ id: 'invoice', booking_id: 'booking', net: usd(net), tax: { amount: usd(tax) } },
            ...{ total: usd(total), paid: usd(paid) },
          }),
          ...(paid > 0 ? [paymentReceived(aPayment({ amount: usd(paid) }), false)] : []),
        ];
        const standing = (code: string) =>
          postings
            .flatMap(({ entries }) => entries)
            .filter(({ account_code }) => account_code === code)
            .reduce((sum, entry) => sum + entry.debit_amount - entry.credit_amount, 0);
        expect(postings.every(balances)).toBe(true);
        expect(postings.every(({ entries }) => entries.length >= 2)).toBe(true);
        expect(standing('accounts_receivable')).toBe(total - paid);
        expect(standing('customer_deposits')).toBe(0);
      }),
    );
  });
});

describe('the invoice', () => {
  const anAgreement = (net: number, tax: number) => ({
    contact: { client_id: 'client', name: 'School', email: null, phone: null },
    lines: [],
    net: usd(net),
    tax: { name: 'Tax', rate_ppm: 80_000, amount: usd(tax) },
    total: usd(net + tax),
  });

  test('applies what was paid, never more, and is paid when nothing is open', () => {
    fc.assert(
      fc.property(amount, amount, fc.nat(100), fc.boolean(), (net, tax, percent, early) => {
        const total = net + tax;
        const deposit = Math.floor((total * percent) / 100);
        const rest = usd(total - deposit);
        const item = (of: number, paid: boolean) => ({
          ...{ amount: usd(of), status: paid ? 'paid' : 'open' },
        });
        const items = [item(deposit, true), item(rest.amount, early)];
        const invoice = issue(anAgreement(net, tax), items);
        expect(invoice.paid.amount + invoice.open.amount).toBe(total);
        expect(invoice.status === 'paid').toBe(invoice.open.amount === 0);
        const end = early ? invoice : applyPayment(invoice, rest);
        expect(end).toMatchObject({ status: 'paid', open: usd(0), paid: usd(total) });
        expect(() => applyPayment(end, usd(1))).toThrow('More was paid');
      }),
    );
  });

  test('over more than was agreed is a bug, and not an invoice', () => {
    const items = [{ amount: usd(109), status: 'paid' }];
    expect(() => issue(anAgreement(100, 8), items)).toThrow('More was paid');
  });

  test('has a number of six digits, or more when they are needed', () => {
    expect([1, 42, 1_234_567].map(invoiceNumber)).toEqual([
      ...['INV-000001', 'INV-000042', 'INV-1234567'],
    ]);
  });
});

test('nothing is not due', () => {
  const due = { deposit_due_at: now, balance_due_at: later };
  const dues = (deposit: number, balance: number) =>
    duesOf({ ...due, deposit: usd(deposit), balance: usd(balance) }).map(({ kind }) => kind);
  expect(dues(1, 1)).toEqual(['deposit', 'balance']);
  expect(dues(0, 1)).toEqual(['balance']);
  expect(dues(1, 0)).toEqual(['deposit']);
  expect(dues(0, 0)).toEqual([]);
});

describe('where cards are charged', () => {
  const config = z.object(stripeFields).superRefine(checkStripe);
  const starts = (key: string, base?: string, emulated?: string) =>
    config.safeParse({
      ...{ STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: 'whsec_1' },
      ...(base && { STRIPE_API_BASE: base }),
      ...(emulated && { STRIPE_MAY_BE_EMULATED: emulated }),
    }).success;

  test('is Stripe, when nothing else is said', () => {
    expect(starts('sk_live_1')).toBe(true);
    expect(starts('sk_test_1', 'https://api.stripe.com/')).toBe(true);
  });

  test('a live key goes nowhere else, and nobody else is asked but in the embedded mode', () => {
    const emulator = 'http://127.0.0.1:4010';
    expect(starts('sk_test_1', emulator, 'true')).toBe(true);
    expect(starts('sk_test_1', emulator)).toBe(false);
    expect(starts('sk_live_1', emulator, 'true')).toBe(false);
    expect(starts('sk_live_1', 'http://api.stripe.com', 'true')).toBe(false);
    expect(starts('sk_live_1', 'https://api.stripe.com.example', 'true')).toBe(false);
  });
});
