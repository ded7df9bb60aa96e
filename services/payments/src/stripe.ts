import { setTimeout } from 'node:timers/promises';
import { malformed } from '@roundhouse/errors';
import { type Money, money } from '@roundhouse/money';
import { Stripe } from 'stripe';
import { z } from 'zod';
import { declineCodes } from './contract.ts';
import type { Outcome, Settled } from './payments/payment.ts';

const STRIPE = 'https://api.stripe.com';

export const stripeFields = {
  STRIPE_SECRET_KEY: z.string().regex(/^sk_(test|live)_\w+$/),
  STRIPE_WEBHOOK_SECRET: z.string().regex(/^whsec_\w+$/),
  /** Elsewhere than at Stripe there is an emulator. */
  STRIPE_API_BASE: z.url().default(STRIPE),
  /** True in the embedded mode: nobody's money is to be taken by a stand-in. */
  STRIPE_MAY_BE_EMULATED: z.stringbool().default(false),
};
const StripeFields = z.object(stripeFields);
export type StripeConfig = z.output<typeof StripeFields>;

/** Refuses a live key for anybody but Stripe, and anybody but Stripe where the business is real. */
export function checkStripe(config: StripeConfig, context: z.RefinementCtx): void {
  const { STRIPE_API_BASE: base, STRIPE_SECRET_KEY: key } = config;
  if (new URL(base).origin === STRIPE) return;
  const refuse = (message: string) =>
    context.addIssue({ code: 'custom', path: ['STRIPE_API_BASE'], message });
  if (key.startsWith('sk_live_')) refuse(`a live key goes to ${STRIPE} alone`);
  if (!config.STRIPE_MAY_BE_EMULATED) refuse(`only the embedded mode may leave ${STRIPE}`);
}

export interface AccountRequest {
  tenant_id: string;
  idempotency_key: string;
}

export interface ChargeRequest {
  /** The business' own account: the charge is direct. */
  account: string;
  amount: Money;
  payment_method: string;
  metadata: { payment_id: string; schedule_id: string; booking_id: string; tenant_id: string };
  idempotency_key: string;
  /** Known where the provider has begun: then it is asked what became of it. */
  provider_payment_id: string | null;
  asked_at: Temporal.Instant;
  /** The provider has forgotten the key: asked with it, it would charge again. */
  key_expired: boolean;
}

export interface ProviderEvent {
  id: string;
  type: string;
  account: string | undefined;
  /** Where it tells the outcome of a payment of ours. */
  settles: { payment_id: string; outcome: Settled } | undefined;
}

type Made = { kind: 'made'; id: string } | { kind: 'unknown'; why: string };

/** Whoever takes the cards; it never throws for what went wrong there. */
export interface Provider {
  createAccount(request: AccountRequest, timeout_ms: number): Promise<Made>;
  charge(request: ChargeRequest, timeout_ms: number): Promise<Outcome>;
  /** Throws where the signature is not the provider's, or is older than five minutes. */
  readEvent(body: Buffer, signature: string | undefined): ProviderEvent;
}

const { StripeError, StripeCardError, StripeInvalidRequestError, StripeIdempotencyError } =
  Stripe.errors;

class TooLate extends Error {}

/** The SDK's own time-out is per attempt, and it makes a second one when a connection breaks. */
async function within<T>(timeout_ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = setTimeout(timeout_ms, undefined, { signal: timer.signal }).then(() => {
    throw new TooLate();
  });
  return Promise.race([work, late]).finally(() => timer.abort());
}

/** Why nobody knows: without the provider's sentence, which may name what the client sent. */
function reasonOf(error: unknown): string {
  if (error instanceof TooLate) return 'timeout';
  if (!(error instanceof StripeError)) throw error;
  return [error.type, error.statusCode, error.code].filter(Boolean).join(' ');
}

const knownCode = (code: string | undefined): string =>
  code !== undefined && code in declineCodes ? code : 'card_declined';

const failed = (
  code: string,
  decline_code: string | null = null,
  provider_payment_id: string | null = null,
): Outcome => ({ kind: 'failed', provider_payment_id, code, decline_code });

const unknown = (why: string, provider_payment_id: string | null = null): Outcome => ({
  kind: 'unknown',
  provider_payment_id,
  why,
});

/** What a PaymentIntent that we confirmed once has come to. */
function outcomeOf(intent: Stripe.PaymentIntent): Outcome {
  const { id, status, last_payment_error: error } = intent;
  if (status === 'succeeded') {
    const amount = money(intent.amount_received, intent.currency.toUpperCase());
    return { kind: 'succeeded', provider_payment_id: id, amount };
  }
  if (status === 'processing') return unknown(status, id);
  return failed(knownCode(error?.code), error?.decline_code ?? null, id);
}

/** What a refusal says of the charge: nothing was done, or nobody knows. */
function refusalOf(error: unknown): Outcome {
  if (error instanceof StripeCardError) {
    const { code, decline_code, payment_intent } = error;
    return failed(knownCode(code), decline_code ?? null, payment_intent?.id ?? null);
  }
  if (error instanceof StripeInvalidRequestError) {
    const by_client = error.param === 'payment_method';
    return failed(by_client ? 'payment_method_invalid' : 'payment_provider_refused');
  }
  // Not implemented: an emulator's gap, which is not a matter of time.
  if ((error as { statusCode?: number }).statusCode === 501) {
    return failed('payment_provider_refused');
  }
  return unknown(reasonOf(error));
}

/** The key has an answer that says nothing of the charge, and it will never have another one. */
function isStuck(error: unknown): boolean {
  if (error instanceof StripeIdempotencyError) return error.statusCode === 400;
  if (!(error instanceof StripeError)) return false;
  return (error.statusCode ?? 0) >= 500 && error.headers?.['idempotent-replayed'] === 'true';
}

/** Clocks differ, and the request took its time. */
const SLACK_SECONDS = 600;
const KEY_SECONDS = 24 * 3600;

export function connectStripe(config: StripeConfig): Provider {
  const { hostname, port, protocol } = new URL(config.STRIPE_API_BASE);
  const stripe = new Stripe(config.STRIPE_SECRET_KEY, {
    host: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    protocol: protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 0,
    telemetry: false,
  });

  const create = (request: ChargeRequest, timeout: number) =>
    stripe.paymentIntents.create(
      {
        amount: request.amount.amount,
        currency: request.amount.currency.toLowerCase(),
        confirm: true,
        payment_method: request.payment_method,
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        // Nobody is there who could answer the bank: such a card is declined, not left hanging.
        error_on_requires_action: true,
        metadata: request.metadata,
      },
      { stripeAccount: request.account, idempotencyKey: request.idempotency_key, timeout },
    );

  /** By our own id, where no key helps: lists, unlike the search, know what has just been made. */
  async function find(request: ChargeRequest, timeout: number): Promise<Outcome> {
    const asked = Math.floor(request.asked_at.epochMilliseconds / 1000);
    const created = { gte: asked - SLACK_SECONDS, lte: asked + KEY_SECONDS + SLACK_SECONDS };
    const options = { stripeAccount: request.account, timeout };
    for await (const intent of stripe.paymentIntents.list({ created, limit: 100 }, options)) {
      if (intent.metadata.payment_id === request.metadata.payment_id) return outcomeOf(intent);
    }
    return failed('processing_error');
  }

  async function ask(request: ChargeRequest, timeout: number): Promise<Outcome> {
    const { provider_payment_id, account } = request;
    if (provider_payment_id !== null) {
      const options = { stripeAccount: account, timeout };
      return outcomeOf(await stripe.paymentIntents.retrieve(provider_payment_id, {}, options));
    }
    if (request.key_expired) return find(request, timeout);
    try {
      return outcomeOf(await create(request, timeout));
    } catch (error) {
      if (!isStuck(error)) return refusalOf(error);
      return find(request, timeout);
    }
  }

  return {
    charge: (request, timeout_ms) =>
      within(timeout_ms, ask(request, timeout_ms)).catch((error: unknown) =>
        unknown(reasonOf(error), request.provider_payment_id),
      ),

    createAccount: async ({ tenant_id, idempotency_key }, timeout_ms) => {
      const options = {
        idempotencyKey: idempotency_key,
        timeout: timeout_ms,
        maxNetworkRetries: 1,
      };
      const account = { type: 'standard' as const, metadata: { tenant_id } };
      try {
        const { id } = await within(timeout_ms, stripe.accounts.create(account, options));
        return { kind: 'made', id };
      } catch (error) {
        return { kind: 'unknown', why: reasonOf(error) };
      }
    },

    readEvent: (body, signature = '') => {
      let event: Stripe.Event;
      try {
        event = stripe.webhooks.constructEvent(body, signature, config.STRIPE_WEBHOOK_SECRET);
      } catch {
        throw malformed('signature_invalid', 'The signature is not valid for this body.');
      }
      return toEvent(event);
    },
  };
}

const Uuid = z.uuid();

/** What every event has; one that the provider has signed and that lacks it is not taken. */
const Signed = z.object({
  id: z
    .string()
    .min(1)
    .regex(/^\P{Cc}+$/u),
  type: z
    .string()
    .min(1)
    .regex(/^\P{Cc}+$/u),
  account: z
    .string()
    .regex(/^\P{Cc}*$/u)
    .optional(),
});

function toEvent(event: Stripe.Event): ProviderEvent {
  const signed = Signed.safeParse(event);
  if (!signed.success) throw malformed('event_malformed', 'The event has no id, type or account.');
  const { id, type, account } = signed.data;
  return { id, type, account, settles: settledBy(event) };
}

function settledBy(event: Stripe.Event): ProviderEvent['settles'] {
  const { type, data } = event;
  if (type !== 'payment_intent.succeeded' && type !== 'payment_intent.payment_failed') return;
  const payment_id = Uuid.safeParse(data.object.metadata?.payment_id);
  const outcome = outcomeOf(data.object);
  if (!payment_id.success || outcome.kind === 'unknown') return;
  return { payment_id: payment_id.data, outcome };
}
