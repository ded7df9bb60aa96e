import type { Stripe } from 'stripe';
import { z } from 'zod';
import { bookCharge } from './balance.ts';
import type { Context } from './context.ts';
import { missing } from './errors.ts';
import { announce } from './events.ts';
import { newId } from './identifiers.ts';
import { type List, listObjects, where } from './lists.ts';
import { Created, Id, Page } from './parameters.ts';
import type { HeldCard } from './payment-methods.ts';
import type { Decline } from './test-cards.ts';

export const ListCharges = z.strictObject({
  ...Page,
  created: Created.optional(),
  customer: Id.optional(),
  payment_intent: Id.optional(),
});

/** Charges the card of a confirmed intent: the charge says whether the bank agreed. */
export function chargeCard(
  context: Context,
  intent: Stripe.PaymentIntent,
  { method, card }: HeldCard,
): Stripe.Charge {
  const { store, account_id } = context;
  const charge = newCharge(intent, method, context.now);
  if (card.decline !== undefined) {
    const failed = refused(charge, card.decline);
    store.insert(account_id, failed);
    announce(context, { kind: 'charge.failed', object: failed });
    return failed;
  }
  store.insert(account_id, charge);
  const transaction = bookCharge(context, charge, card.bypasses_pending === true);
  const settled = { ...charge, balance_transaction: transaction.id };
  store.save(settled);
  // An asynchronous capture is announced in two steps: the first without its balance transaction.
  const asynchronous = intent.capture_method === 'automatic_async';
  announce(context, { kind: 'charge.succeeded', object: asynchronous ? charge : settled });
  if (asynchronous) {
    const previous = { balance_transaction: null };
    announce(context, { kind: 'charge.updated', object: settled, previous });
  }
  return settled;
}

export function retrieveCharge(context: Context, id: string): Stripe.Charge {
  const charge = context.store.find<Stripe.Charge>(context.account_id, 'charge', id);
  if (charge === undefined) throw missing('charge', id, 'id');
  return charge;
}

export function listCharges(
  context: Context,
  query: z.infer<typeof ListCharges>,
): List<Stripe.Charge> {
  return listObjects<Stripe.Charge>(context, 'charge', query, [
    ...where('customer', query.customer),
    ...where('payment_intent', query.payment_intent),
  ]);
}

function newCharge(
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  now: number,
): Stripe.Charge {
  return {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: intent.statement_descriptor_suffix,
    captured: true,
    created: now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: APPROVED,
    paid: true,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: cardDetails(intent, method), type: 'card' },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
}

const APPROVED: Stripe.Charge.Outcome = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'normal',
  risk_score: 30,
  seller_message: 'Payment complete.',
  type: 'authorized',
};

function refused(charge: Stripe.Charge, decline: Decline): Stripe.Charge {
  const blocked = decline.blocked === true;
  return {
    ...charge,
    amount_captured: 0,
    captured: false,
    failure_code: decline.code,
    failure_message: decline.message,
    outcome: {
      ...APPROVED,
      advice_code: decline.advice_code ?? null,
      network_status: blocked ? 'not_sent_to_network' : 'declined_by_network',
      reason: decline.decline_code,
      risk_level: blocked ? 'highest' : 'normal',
      seller_message: decline.message,
      type: blocked ? 'blocked' : 'issuer_declined',
    },
    paid: false,
    status: 'failed',
  };
}

function cardDetails(
  intent: Stripe.PaymentIntent,
  { card }: Stripe.PaymentMethod,
): Stripe.Charge.PaymentMethodDetails.Card {
  return {
    amount_authorized: intent.amount,
    authorization_code: null,
    brand: card?.brand ?? null,
    checks: card?.checks ?? null,
    country: card?.country ?? null,
    electronic_commerce_indicator: null,
    exp_month: card?.exp_month ?? 12,
    exp_year: card?.exp_year ?? 2030,
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? null,
    installments: null,
    last4: card?.last4 ?? null,
    mandate: null,
    network: card?.brand ?? null,
    network_transaction_id: null,
    regulated_status: card?.regulated_status ?? null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}
