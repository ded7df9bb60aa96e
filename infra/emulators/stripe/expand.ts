import { retrieveBalanceTransaction } from './balance.ts';
import { retrieveCharge } from './charges.ts';
import type { Context } from './context.ts';
import { retrieveCustomer } from './customers.ts';
import { invalidParameter } from './errors.ts';
import { retrievePaymentIntent } from './payment-intents.ts';
import { retrievePaymentMethod } from './payment-methods.ts';

type Reader = (context: Context, id: string) => object;

/** Per object, the references that can be answered in full. */
const EXPANDABLE: Record<string, Record<string, Reader>> = {
  payment_intent: {
    customer: retrieveCustomer,
    latest_charge: retrieveCharge,
    payment_method: retrievePaymentMethod,
  },
  charge: {
    balance_transaction: retrieveBalanceTransaction,
    customer: retrieveCustomer,
    payment_intent: retrievePaymentIntent,
  },
  balance_transaction: { source: retrieveCharge },
};

/** The answer with the references of `expand[]` replaced by what they name. */
export function expandAll(context: Context, body: object, paths: readonly string[]): object {
  return paths.reduce((whole, path) => expand(context, whole, path.split('.')), body);
}

function expand(context: Context, body: object, path: string[]): object {
  const [name = '', ...rest] = path;
  const value = fieldOf(body, name);
  if (fieldOf(body, 'object') === 'list' && name === 'data' && Array.isArray(value)) {
    return { ...body, data: value.map((item: object) => expand(context, item, rest)) };
  }
  const reader = EXPANDABLE[String(fieldOf(body, 'object'))]?.[name];
  if (reader === undefined) {
    throw invalidParameter(`This property cannot be expanded (${path.join('.')}).`, {
      param: 'expand',
    });
  }
  if (value === null) return body;
  const whole = typeof value === 'string' ? reader(context, value) : Object(value);
  return { ...body, [name]: rest.length === 0 ? whole : expand(context, whole, rest) };
}

function fieldOf(body: object, name: string): unknown {
  return Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
}
