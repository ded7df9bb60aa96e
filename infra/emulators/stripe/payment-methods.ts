import type { Stripe } from 'stripe';
import type { Context } from './context.ts';
import { invalidRequest, missing } from './errors.ts';
import { newId } from './identifiers.ts';
import { type TestCard, testCard } from './test-cards.ts';

export type HeldCard = { method: Stripe.PaymentMethod; card: TestCard };

const TEST_ID = /^pm_card_/;

/**
 * The payment method of a request. Each use of a test id makes a new one with its own id; one that
 * was charged before, without a customer to keep it, cannot be used again.
 */
export function takePaymentMethod(context: Context, id: string): HeldCard {
  if (TEST_ID.test(id)) return createFromTestId(context, id);
  const held = heldCard(context, id);
  const { store } = context;
  const used = store.sql
    .get`select 1 from objects where object = 'charge' and payment_method = ${id}`;
  if (used === undefined) return held;
  throw invalidRequest(
    'The provided PaymentMethod was previously used without Customer attachment. ' +
      'It may not be used again.',
    { param: 'payment_method' },
  );
}

export function retrievePaymentMethod(context: Context, id: string): Stripe.PaymentMethod {
  const { store, account_id } = context;
  const method = store.find<Stripe.PaymentMethod>(account_id, 'payment_method', id);
  if (method === undefined) throw missing('PaymentMethod', id, 'payment_method');
  return method;
}

function heldCard(context: Context, id: string): HeldCard {
  const { store, account_id } = context;
  const method = store.find<Stripe.PaymentMethod>(account_id, 'payment_method', id);
  const row = store.sql
    .get`select test_id from test_payment_methods where payment_method_id = ${id}`;
  if (method === undefined || row === undefined) {
    throw missing('PaymentMethod', id, 'payment_method', 400);
  }
  return { method, card: testCard(String(row.test_id)) };
}

function createFromTestId(context: Context, test_id: string): HeldCard {
  const card = testCard(test_id);
  const method = newPaymentMethod(card, context.now);
  context.store.insert(context.account_id, method);
  context.store.sql.run`
    insert into test_payment_methods (payment_method_id, test_id)
    values (${method.id}, ${test_id})`;
  return { method, card };
}

function newPaymentMethod(card: TestCard, now: number): Stripe.PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: NO_BILLING_DETAILS,
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: card.country ?? 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(now * 1000).getUTCFullYear() + 4,
      fingerprint: `emulated${card.brand}${card.last4}`,
      funding: card.funding ?? 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}

const NO_BILLING_DETAILS = {
  address: {
    city: null,
    country: null,
    line1: null,
    line2: null,
    postal_code: null,
    state: null,
  },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};
