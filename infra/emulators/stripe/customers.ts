import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Context } from './context.ts';
import { missing } from './errors.ts';
import { announce } from './events.ts';
import { newId } from './identifiers.ts';
import { Expand, Metadata, Text } from './parameters.ts';

export const CreateCustomer = z.strictObject({
  address: z
    .strictObject({
      city: Text.default(null),
      country: Text.default(null),
      line1: Text.default(null),
      line2: Text.default(null),
      postal_code: Text.default(null),
      state: Text.default(null),
    })
    .optional(),
  description: Text.default(null),
  email: Text.default(null),
  metadata: Metadata.default({}),
  name: Text.default(null),
  phone: Text.default(null),
  expand: Expand.optional(),
});

export const CREATE_CUSTOMER_GAPS = [
  'balance',
  'business_name',
  'cash_balance',
  'individual_name',
  'invoice_prefix',
  'invoice_settings',
  'next_invoice_sequence',
  'payment_method',
  'preferred_locales',
  'shipping',
  'source',
  'tax',
  'tax_exempt',
  'tax_id_data',
  'test_clock',
  'validate',
];

export function createCustomer(
  context: Context,
  { address, description, email, metadata, name, phone }: z.infer<typeof CreateCustomer>,
): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: newId('cus', 14),
    object: 'customer',
    address: address ?? null,
    balance: 0,
    created: context.now,
    currency: null,
    default_source: null,
    delinquent: false,
    description,
    email,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata,
    name,
    phone,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
  context.store.insert(context.account_id, customer);
  announce(context, { kind: 'customer.created', object: customer });
  return customer;
}

export function retrieveCustomer(context: Context, id: string): Stripe.Customer {
  const customer = context.store.find<Stripe.Customer>(context.account_id, 'customer', id);
  if (customer === undefined) throw missing('customer', id, 'id');
  return customer;
}

/** Throws unless the customer named in a parameter belongs to this account. */
export function requireCustomer(context: Context, id: string): void {
  if (context.store.placeOf(context.account_id, 'customer', id) === undefined) {
    throw missing('customer', id, 'customer', 400);
  }
}
