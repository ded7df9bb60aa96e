import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { payment, type Running, refusalOf, startEmulator } from './harness.ts';

let emulator: Running;

beforeAll(async () => {
  emulator = await startEmulator();
});

afterAll(() => emulator[Symbol.asyncDispose]());

async function eventTypes(account: { stripeAccount: string }): Promise<string[]> {
  const { data } = await emulator.stripe.events.list({}, account);
  return data.map((event) => event.type).reverse();
}

test('a card that works is charged at once, and its funds are pending', async () => {
  const account = await emulator.newAccount();
  const intent = await emulator.stripe.paymentIntents.create(
    payment({ metadata: { charter: 'J 1&2' }, expand: ['latest_charge.balance_transaction'] }),
    account,
  );
  expect(intent).toMatchObject({
    status: 'succeeded',
    amount_received: 12_550,
    metadata: { charter: 'J 1&2' },
    latest_charge: {
      status: 'succeeded',
      metadata: { charter: 'J 1&2' },
      balance_transaction: { amount: 12_550, net: 12_550, fee: 0, status: 'pending' },
    },
  });
  expect(await eventTypes(account)).toEqual([
    'account.updated',
    'payment_intent.created',
    'charge.succeeded',
    'charge.updated',
    'payment_intent.succeeded',
  ]);
});

const LATER = { code: 'card_declined', advice_code: 'try_again_later' };
const NEVER = { code: 'card_declined', advice_code: 'do_not_try_again' };
const CHECK = { advice_code: 'confirm_card_data' };

test.each([
  ['chargeDeclined', { ...LATER, decline_code: 'generic_decline' }],
  ['visa_chargeDeclined', { ...LATER, decline_code: 'generic_decline' }],
  ['chargeCustomerFail', { ...LATER, decline_code: 'generic_decline' }],
  ['visa_chargeDeclinedInsufficientFunds', { ...LATER, decline_code: 'insufficient_funds' }],
  ['visa_chargeDeclinedLostCard', { ...NEVER, decline_code: 'lost_card' }],
  ['visa_chargeDeclinedStolenCard', { ...NEVER, decline_code: 'stolen_card' }],
  ['chargeDeclinedExpiredCard', { ...CHECK, ...both('expired_card'), param: 'exp_month' }],
  ['chargeDeclinedIncorrectCvc', { ...CHECK, ...both('incorrect_cvc'), param: 'cvc' }],
  ['chargeDeclinedProcessingError', { ...LATER, ...both('processing_error') }],
  [
    'visa_chargeDeclinedVelocityLimitExceeded',
    { code: 'card_declined', decline_code: 'card_velocity_exceeded' },
  ],
  ['chargeDeclinedFraudulent', { code: 'card_declined', decline_code: 'fraudulent' }],
  ['radarBlock', { code: 'card_declined', decline_code: 'fraudulent' }],
])('pm_card_%s is declined with its codes', async (card, codes) => {
  const account = await emulator.newAccount();
  const { paymentIntents, charges } = emulator.stripe;
  const paying = paymentIntents.create(payment({ payment_method: `pm_card_${card}` }), account);
  expect(await refusalOf(paying)).toEqual({ type: 'StripeCardError', statusCode: 402, ...codes });
  const { data: failed } = await charges.list({}, account);
  expect(failed).toMatchObject([{ status: 'failed', paid: false, balance_transaction: null }]);
});

function both(code: string): { code: string; decline_code: string } {
  return { code, decline_code: code };
}

test('a decline leaves the payment open, and another card can still pay it', async () => {
  const account = await emulator.newAccount();
  const { paymentIntents } = emulator.stripe;
  const declined = await paymentIntents
    .create(payment({ payment_method: 'pm_card_chargeDeclined' }), account)
    .catch((error: Stripe.errors.StripeCardError) => error.payment_intent);
  const id = String(declined?.id);
  expect(await paymentIntents.retrieve(id, {}, account)).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: { code: 'card_declined', payment_method: { object: 'payment_method' } },
  });
  const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, account);
  expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
  expect((await eventTypes(account)).slice(1)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
    'charge.succeeded',
    'charge.updated',
    'payment_intent.succeeded',
  ]);
});

test('a payment is created, confirmed later, and not confirmed or canceled again', async () => {
  const account = await emulator.newAccount();
  const { paymentIntents } = emulator.stripe;
  const { id, status } = await paymentIntents.create(payment({ confirm: false }), account);
  expect(status).toBe('requires_confirmation');
  expect((await paymentIntents.confirm(id, {}, account)).status).toBe('succeeded');
  const unexpected = { statusCode: 400, code: 'payment_intent_unexpected_state' };
  expect(await refusalOf(paymentIntents.confirm(id, {}, account))).toMatchObject(unexpected);
  expect(await refusalOf(paymentIntents.cancel(id, {}, account))).toMatchObject(unexpected);
});

test('an open payment is canceled and can never be paid', async () => {
  const account = await emulator.newAccount();
  const { paymentIntents } = emulator.stripe;
  const { id } = await paymentIntents.create({ amount: 500, currency: 'jpy' }, account);
  const cancellation_reason = 'requested_by_customer';
  const canceled = await paymentIntents.cancel(id, { cancellation_reason }, account);
  expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason });
  const refusal = await refusalOf(
    paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, account),
  );
  expect(refusal).toMatchObject({ code: 'payment_intent_unexpected_state' });
  expect((await emulator.stripe.charges.list({}, account)).data).toEqual([]);
});

test('a payment method that was charged is not charged again', async () => {
  const account = await emulator.newAccount();
  const { paymentIntents } = emulator.stripe;
  const { payment_method } = await paymentIntents.create(payment(), account);
  const again = paymentIntents.create(payment({ payment_method: String(payment_method) }), account);
  expect(await refusalOf(again)).toMatchObject({ statusCode: 400, param: 'payment_method' });
});

test('another account sees nothing of a payment', async () => {
  const [mine, other] = [await emulator.newAccount(), await emulator.newAccount()];
  const { paymentIntents, charges, customers } = emulator.stripe;
  const { id, latest_charge } = await paymentIntents.create(payment(), mine);
  const customer = await customers.create({ name: 'Ada' }, mine);
  for (const read of [
    paymentIntents.retrieve(id, {}, other),
    paymentIntents.retrieve(id),
    charges.retrieve(String(latest_charge), {}, other),
    customers.retrieve(customer.id, {}, other),
    paymentIntents.create(payment({ customer: customer.id }), other),
  ]) {
    expect(await refusalOf(read)).toMatchObject({ code: 'resource_missing' });
  }
  expect((await paymentIntents.list({}, other)).data).toEqual([]);
});

test('the balance of an account is the sum of its succeeded charges', async () => {
  const account = await emulator.newAccount();
  const { paymentIntents, balance, balanceTransactions } = emulator.stripe;
  await paymentIntents.create(payment({ amount: 700 }), account);
  await paymentIntents.create(payment({ amount: 60, currency: 'jpy' }), account);
  await paymentIntents.create(
    payment({ amount: 5000, payment_method: 'pm_card_bypassPending' }),
    account,
  );
  await refusalOf(
    paymentIntents.create(payment({ payment_method: 'pm_card_chargeDeclined' }), account),
  );
  expect(await balance.retrieve({}, account)).toMatchObject({
    available: [
      { currency: 'jpy', amount: 0 },
      { currency: 'usd', amount: 5000 },
    ],
    pending: [
      { currency: 'jpy', amount: 60 },
      { currency: 'usd', amount: 700 },
    ],
  });
  const booked = await balanceTransactions.list({ currency: 'usd' }, account);
  expect(booked.data.map(({ net, status }) => ({ net, status }))).toEqual([
    { net: 5000, status: 'available' },
    { net: 700, status: 'pending' },
  ]);
  const { accounts } = await emulator.book();
  expect(accounts.find(({ account: id }) => id === account.stripeAccount)).toMatchObject({
    balances: [
      { currency: 'jpy', available: 0, pending: 60, total: 60 },
      { currency: 'usd', available: 5000, pending: 700, total: 5700 },
    ],
    charges: [
      { amount: 700, status: 'succeeded' },
      { amount: 60, status: 'succeeded' },
      { amount: 5000, status: 'succeeded' },
      { amount: 12_550, status: 'failed' },
    ],
  });
});

test('lists page backwards and forwards, newest first', async () => {
  const account = await emulator.newAccount();
  const { customers, paymentIntents, charges } = emulator.stripe;
  const customer = await customers.create({ email: 'ada@example.org' }, account);
  const made: string[] = [];
  for (const amount of [100, 200, 300, 400, 500]) {
    const intent = await paymentIntents.create(payment({ amount, customer: customer.id }), account);
    made.unshift(intent.id);
  }
  await paymentIntents.create(payment(), account);
  const filter = { customer: customer.id, limit: 2, created: { gte: 0 } };
  const all: string[] = [];
  for await (const intent of paymentIntents.list(filter, account)) all.push(intent.id);
  expect(all).toEqual(made);
  const before = await paymentIntents.list({ ...filter, ending_before: String(made[3]) }, account);
  expect(before.data.map(({ id }) => id)).toEqual([made[1], made[2]]);
  const ofOne = await charges.list({ payment_intent: String(made[0]) }, account);
  expect(ofOne.data).toMatchObject([{ amount: 500, customer: customer.id }]);
});
