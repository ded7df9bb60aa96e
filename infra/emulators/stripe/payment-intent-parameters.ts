import { z } from 'zod';
import { Amount, Currency } from './currencies.ts';
import { Created, choice, Expand, Flag, Id, Metadata, Page, Text } from './parameters.ts';

/** On a bank statement: 22 characters, at least one letter, none of `< > \ ' " *`. */
const StatementSuffix = Text.refine(
  (suffix) => suffix === null || /^(?=.*[A-Za-z])[^<>\\'"*]{1,22}$/.test(suffix),
  { message: 'The statement descriptor suffix must have 1 to 22 valid characters and a letter.' },
);

const Confirmation = {
  error_on_requires_action: Flag.optional(),
  off_session: Flag.optional(),
  payment_method: Id.optional(),
  receipt_email: Text.optional(),
  return_url: Id.optional(),
  use_stripe_sdk: Flag.optional(),
  expand: Expand.optional(),
};

export const CreatePaymentIntent = z.strictObject({
  ...Confirmation,
  amount: Amount,
  currency: Currency,
  allowed_payment_method_types: z
    .record(z.string(), z.string())
    .transform((types) => Object.values(types))
    .optional(),
  automatic_payment_methods: z
    .strictObject({ enabled: Flag, allow_redirects: choice('always', 'never').optional() })
    .optional(),
  capture_method: choice('automatic', 'automatic_async', 'manual').default('automatic_async'),
  confirm: Flag.default(false),
  confirmation_method: choice('automatic', 'manual').default('automatic'),
  customer: Id.optional(),
  description: Text.default(null),
  metadata: Metadata.default({}),
  statement_descriptor_suffix: StatementSuffix.default(null),
});

export const ConfirmPaymentIntent = z.strictObject(Confirmation);

export const CancelPaymentIntent = z.strictObject({
  cancellation_reason: choice(
    'abandoned',
    'duplicate',
    'fraudulent',
    'requested_by_customer',
  ).optional(),
  expand: Expand.optional(),
});

export const ListPaymentIntents = z.strictObject({
  ...Page,
  created: Created.optional(),
  customer: Id.optional(),
});

const CONFIRMATION_GAPS = [
  'amount_details',
  'confirmation_token',
  'excluded_payment_method_types',
  'hooks',
  'mandate',
  'mandate_data',
  'payment_details',
  'payment_method_data',
  'payment_method_options',
  'radar_options',
  'setup_future_usage',
  'shipping',
];

export const CREATE_PAYMENT_INTENT_GAPS = [
  ...CONFIRMATION_GAPS,
  'application_fee_amount',
  'customer_account',
  'on_behalf_of',
  'payment_method_configuration',
  'statement_descriptor',
  'transfer_data',
  'transfer_group',
];

export const CONFIRM_PAYMENT_INTENT_GAPS = [
  ...CONFIRMATION_GAPS,
  'allowed_payment_method_types',
  'amount_to_confirm',
  'capture_method',
];

export type Create = z.infer<typeof CreatePaymentIntent>;
export type Confirm = z.infer<typeof ConfirmPaymentIntent>;
export type Cancel = z.infer<typeof CancelPaymentIntent>;
export type Query = z.infer<typeof ListPaymentIntents>;
