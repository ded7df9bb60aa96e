import type { Stripe } from 'stripe';
import { requireChargesEnabled } from './accounts.ts';
import { chargeCard } from './charges.ts';
import type { Context } from './context.ts';
import { requireChargeable } from './currencies.ts';
import { requireCustomer } from './customers.ts';
import { invalidParameter, invalidRequest, missing, notEmulated, StripeError } from './errors.ts';
import { announce } from './events.ts';
import { newId } from './identifiers.ts';
import { type List, listObjects, where } from './lists.ts';
import type { Cancel, Confirm, Create, Query } from './payment-intent-parameters.ts';
import { type HeldCard, takePaymentMethod } from './payment-methods.ts';

/** A decline is returned, not thrown: its charge, its events and the open intent stay. */
type Outcome = Stripe.PaymentIntent | StripeError;

const OPEN = ['requires_payment_method', 'requires_confirmation'];

export function createPaymentIntent(context: Context, parameters: Create): Outcome {
  requireEmulated(parameters);
  requireChargeable(parameters.amount, parameters.currency);
  requireChargesEnabled(context);
  if (parameters.off_session !== undefined && !parameters.confirm) {
    throw invalidParameter('off_session can only be used with confirm=true.', {
      param: 'off_session',
    });
  }
  if (parameters.customer !== undefined) requireCustomer(context, parameters.customer);
  const { payment_method } = parameters;
  const held =
    payment_method === undefined ? undefined : takePaymentMethod(context, payment_method);
  const intent = newPaymentIntent(parameters, context.now);
  context.store.insert(context.account_id, intent);
  announce(context, { kind: 'payment_intent.created', object: intent });
  const ready: Stripe.PaymentIntent =
    held === undefined
      ? intent
      : { ...intent, payment_method: held.method.id, status: 'requires_confirmation' };
  if (parameters.confirm) return attempt(context, ready, held, parameters.return_url);
  context.store.save(ready);
  return ready;
}

export function confirmPaymentIntent(context: Context, parameters: Confirm, id: string): Outcome {
  const intent = retrievePaymentIntent(context, id);
  if (!OPEN.includes(intent.status)) throw unexpectedState(intent, 'confirm');
  const wanted = parameters.payment_method ?? idOf(intent.payment_method);
  const held = wanted === undefined ? undefined : takePaymentMethod(context, wanted);
  const receipt_email = parameters.receipt_email ?? intent.receipt_email;
  return attempt(context, { ...intent, receipt_email }, held, parameters.return_url);
}

export function cancelPaymentIntent(
  context: Context,
  { cancellation_reason }: Cancel,
  id: string,
): Stripe.PaymentIntent {
  const intent = retrievePaymentIntent(context, id);
  if (!OPEN.includes(intent.status)) throw unexpectedState(intent, 'cancel');
  const canceled: Stripe.PaymentIntent = {
    ...intent,
    canceled_at: context.now,
    cancellation_reason: cancellation_reason ?? null,
    status: 'canceled',
  };
  context.store.save(canceled);
  announce(context, { kind: 'payment_intent.canceled', object: canceled });
  return canceled;
}

export function retrievePaymentIntent(context: Context, id: string): Stripe.PaymentIntent {
  const { store, account_id } = context;
  const intent = store.find<Stripe.PaymentIntent>(account_id, 'payment_intent', id);
  if (intent === undefined) throw missing('payment_intent', id, 'intent');
  return intent;
}

export function listPaymentIntents(context: Context, query: Query): List<Stripe.PaymentIntent> {
  const filters = where('customer', query.customer);
  return listObjects<Stripe.PaymentIntent>(context, 'payment_intent', query, filters);
}

function attempt(
  context: Context,
  intent: Stripe.PaymentIntent,
  held: HeldCard | undefined,
  return_url: string | undefined,
): Outcome {
  if (held === undefined) throw withoutMethod(intent);
  requireReturnUrl(intent, return_url);
  const charge = chargeCard(context, intent, held);
  if (held.card.decline !== undefined) return decline(context, intent, { charge, held });
  const succeeded: Stripe.PaymentIntent = {
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    payment_method: held.method.id,
    status: 'succeeded',
  };
  context.store.save(succeeded);
  announce(context, { kind: 'payment_intent.succeeded', object: succeeded });
  return succeeded;
}

function decline(
  context: Context,
  intent: Stripe.PaymentIntent,
  { charge, held }: { charge: Stripe.Charge; held: HeldCard },
): StripeError {
  const { blocked, ...reason } = held.card.decline ?? {};
  const error = {
    charge: charge.id,
    code: charge.failure_code ?? 'card_declined',
    message: charge.failure_message ?? 'Your card was declined.',
    ...reason,
    payment_method: held.method,
    type: 'card_error' as const,
  };
  const open: Stripe.PaymentIntent = {
    ...intent,
    last_payment_error: error,
    latest_charge: charge.id,
    payment_method: null,
    status: 'requires_payment_method',
  };
  context.store.save(open);
  announce(context, { kind: 'payment_intent.payment_failed', object: open });
  return new StripeError(402, { ...error, payment_intent: open });
}

function newPaymentIntent(parameters: Create, now: number): Stripe.PaymentIntent {
  const id = newId('pi');
  const allowed = parameters.allowed_payment_method_types;
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: allowed === undefined ? null : ['card'],
    amount: parameters.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automaticMethods(parameters),
    canceled_at: null,
    cancellation_reason: null,
    capture_method: parameters.capture_method,
    client_secret: newId(`${id}_secret`, 25),
    confirmation_method: parameters.confirmation_method,
    created: now,
    currency: parameters.currency,
    customer: parameters.customer ?? null,
    customer_account: null,
    description: parameters.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: parameters.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: parameters.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: parameters.statement_descriptor_suffix,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}

/** Stripe turns automatic methods on, redirects included, unless the types are given. */
function automaticMethods(parameters: Create): Stripe.PaymentIntent.AutomaticPaymentMethods | null {
  const { automatic_payment_methods: given, allowed_payment_method_types } = parameters;
  if (given?.enabled === false) return null;
  if (given === undefined && allowed_payment_method_types !== undefined) return null;
  return { enabled: true, allow_redirects: given?.allow_redirects ?? 'always' };
}

function requireEmulated({ capture_method, allowed_payment_method_types }: Create): void {
  if (capture_method === 'manual') throw notEmulated('capture_method=manual');
  const other = allowed_payment_method_types?.find((type) => type !== 'card');
  if (other !== undefined) throw notEmulated(`the payment method type ${other}`);
}

function requireReturnUrl(intent: Stripe.PaymentIntent, return_url: string | undefined): void {
  const redirects = intent.automatic_payment_methods?.allow_redirects === 'always';
  if (!redirects || return_url !== undefined) return;
  throw invalidRequest(
    'This PaymentIntent accepts payment methods that might redirect your customer: provide a ' +
      '`return_url`, or set `automatic_payment_methods[allow_redirects]` to `never`.',
  );
}

function withoutMethod(intent: Stripe.PaymentIntent): StripeError {
  return invalidRequest(
    "You cannot confirm this PaymentIntent because it's missing a payment method.",
    { code: 'payment_intent_unexpected_state', payment_intent: intent },
  );
}

function unexpectedState(intent: Stripe.PaymentIntent, verb: string): StripeError {
  return invalidRequest(
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    { code: 'payment_intent_unexpected_state', payment_intent: intent },
  );
}

function idOf(reference: string | Stripe.PaymentMethod | null): string | undefined {
  return typeof reference === 'string' ? reference : reference?.id;
}
