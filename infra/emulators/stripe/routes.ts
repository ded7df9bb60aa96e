import { z } from 'zod';
import * as accounts from './accounts.ts';
import * as balance from './balance.ts';
import * as charges from './charges.ts';
import type { Context } from './context.ts';
import * as customers from './customers.ts';
import type { StripeError } from './errors.ts';
import * as events from './events.ts';
import type { Form } from './form.ts';
import { Expand, readParameters } from './parameters.ts';
import * as shapes from './payment-intent-parameters.ts';
import * as intents from './payment-intents.ts';
import { retrievePaymentMethod } from './payment-methods.ts';

type Operation<Input> = (context: Context, input: Input, id: string) => object | StripeError;

export type Route = {
  method: 'GET' | 'POST';
  pattern: RegExp;
  /** Checks the parameters, and gives what remains to be done with them. */
  prepare(form: Form, id: string): { expand: string[]; run: (context: Context) => object };
};

const Retrieve = z.strictObject({ expand: Expand.optional() });

export const ROUTES: readonly Route[] = [
  post(
    '/v1/accounts',
    accounts.CreateAccount,
    accounts.createAccount,
    accounts.CREATE_ACCOUNT_GAPS,
  ),
  get('/v1/accounts/:id', Retrieve, byId(accounts.retrieveAccount)),
  get('/v1/balance', balance.RetrieveBalance, balance.retrieveBalance),
  get('/v1/balance_transactions', balance.ListBalanceTransactions, balance.listBalanceTransactions),
  get('/v1/balance_transactions/:id', Retrieve, byId(balance.retrieveBalanceTransaction)),
  get('/v1/charges', charges.ListCharges, charges.listCharges),
  get('/v1/charges/:id', Retrieve, byId(charges.retrieveCharge)),
  post(
    '/v1/customers',
    customers.CreateCustomer,
    customers.createCustomer,
    customers.CREATE_CUSTOMER_GAPS,
  ),
  get('/v1/customers/:id', Retrieve, byId(customers.retrieveCustomer)),
  get('/v1/events', events.ListEvents, events.listEvents),
  get('/v1/events/:id', Retrieve, byId(events.retrieveEvent)),
  post(
    '/v1/payment_intents',
    shapes.CreatePaymentIntent,
    intents.createPaymentIntent,
    shapes.CREATE_PAYMENT_INTENT_GAPS,
  ),
  get('/v1/payment_intents', shapes.ListPaymentIntents, intents.listPaymentIntents),
  get('/v1/payment_intents/:id', Retrieve, byId(intents.retrievePaymentIntent)),
  post(
    '/v1/payment_intents/:id/confirm',
    shapes.ConfirmPaymentIntent,
    intents.confirmPaymentIntent,
    shapes.CONFIRM_PAYMENT_INTENT_GAPS,
  ),
  post('/v1/payment_intents/:id/cancel', shapes.CancelPaymentIntent, intents.cancelPaymentIntent),
  get('/v1/payment_methods/:id', Retrieve, byId(retrievePaymentMethod)),
];

type Shape = z.ZodType<{ expand?: string[] | undefined }>;

function get<S extends Shape>(path: string, shape: S, operation: Operation<z.infer<S>>): Route {
  return route('GET', path, (form, id) => {
    const input = readParameters(shape, form);
    return { expand: input.expand ?? [], run: (context) => operation(context, input, id) };
  });
}

function post<S extends Shape>(
  path: string,
  shape: S,
  operation: Operation<z.infer<S>>,
  gaps: readonly string[] = [],
): Route {
  return route('POST', path, (form, id) => {
    const input = readParameters(shape, form, gaps);
    return { expand: input.expand ?? [], run: (context) => operation(context, input, id) };
  });
}

function route(method: Route['method'], path: string, prepare: Route['prepare']): Route {
  return { method, pattern: new RegExp(`^${path.replace(':id', '([^/]+)')}$`), prepare };
}

function byId(read: (context: Context, id: string) => object): Operation<unknown> {
  return (context, _input, id) => read(context, id);
}
