import type { Stripe } from 'stripe';

type ErrorFields = {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  advice_code?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: Stripe.PaymentIntent;
  payment_method?: Stripe.PaymentMethod;
};

type Details = Omit<Partial<ErrorFields>, 'type' | 'message'>;

/** A parameter is malformed: the request never started, so nothing is kept under its key. */
export function invalidParameter(message: string, details: Details = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...details }, 'forget');
}

/** Refused before or beside the operation itself. */
export function invalidRequest(message: string, details: Details = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...details });
}

/** Nothing of that name in this account: 404 when it stands in the path, 400 in a parameter. */
export function missing(noun: string, id: string, param: string, status = 404): StripeError {
  const message = `No such ${noun}: '${id}'`;
  const code = 'resource_missing';
  return new StripeError(status, { type: 'invalid_request_error', code, message, param });
}

/** Stripe has it, this emulator does not: said aloud, never answered with an invention. */
export function notEmulated(what: string): StripeError {
  const message = `The Stripe emulator does not emulate ${what}.`;
  return new StripeError(501, { type: 'api_error', code: 'not_emulated', message }, 'forget');
}

export class StripeError extends Error {
  readonly status: number;
  readonly fields: ErrorFields;
  /** Whether the idempotency key keeps this answer. */
  readonly memory: 'keep' | 'forget';

  constructor(status: number, fields: ErrorFields, memory: 'keep' | 'forget' = 'keep') {
    super(fields.message);
    this.status = status;
    this.fields = fields;
    this.memory = memory;
  }
}
