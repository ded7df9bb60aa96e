import type { Stripe } from 'stripe';
import { z } from 'zod';
import { type Context, PLATFORM } from './context.ts';
import { Currency } from './currencies.ts';
import { invalidParameter, invalidRequest, StripeError } from './errors.ts';
import { announce } from './events.ts';
import { newId } from './identifiers.ts';
import { choice, Expand, Flag, Metadata, Text } from './parameters.ts';

const Party = choice('application', 'stripe');

export const CreateAccount = z.strictObject({
  type: choice('custom', 'express', 'standard').optional(),
  controller: z
    .strictObject({
      fees: z.strictObject({ payer: choice('account', 'application') }).optional(),
      losses: z.strictObject({ payments: Party }).optional(),
      requirement_collection: Party.optional(),
      stripe_dashboard: z.strictObject({ type: choice('express', 'full', 'none') }).optional(),
    })
    .optional(),
  country: z.string().default('US'),
  default_currency: Currency.optional(),
  email: Text.optional(),
  business_type: choice('company', 'government_entity', 'individual', 'non_profit').optional(),
  business_profile: z
    .strictObject({
      mcc: Text.optional(),
      name: Text.optional(),
      product_description: Text.optional(),
      support_email: Text.optional(),
      support_phone: Text.optional(),
      support_url: Text.optional(),
      url: Text.optional(),
    })
    .default({}),
  capabilities: z
    .strictObject({
      card_payments: z.strictObject({ requested: Flag }).optional(),
      transfers: z.strictObject({ requested: Flag }).optional(),
    })
    .default({}),
  metadata: Metadata.default({}),
  expand: Expand.optional(),
});

export const CREATE_ACCOUNT_GAPS = [
  'account_token',
  'business_profile[annual_revenue]',
  'business_profile[estimated_worker_count]',
  'business_profile[minority_owned_business_designation]',
  'business_profile[monthly_estimated_revenue]',
  'business_profile[specified_commercial_transactions_act_url]',
  'business_profile[support_address]',
  'company',
  'documents',
  'external_account',
  'groups',
  'individual',
  'settings',
  'tos_acceptance',
];

type Parameters = z.infer<typeof CreateAccount>;

const CURRENCY_OF: Record<string, string> = {
  AU: 'aud',
  CA: 'cad',
  CH: 'chf',
  CZ: 'czk',
  DK: 'dkk',
  GB: 'gbp',
  JP: 'jpy',
  MX: 'mxn',
  NO: 'nok',
  NZ: 'nzd',
  PL: 'pln',
  SE: 'sek',
  SG: 'sgd',
  US: 'usd',
};

const EURO = ['AT', 'BE', 'DE', 'ES', 'FI', 'FR', 'IE', 'IT', 'NL', 'PT'];

/** A connected account, ready at once: there is no onboarding to wait for. */
export function createAccount(context: Context, parameters: Parameters): Stripe.Account {
  if (context.account_id !== PLATFORM) {
    throw invalidRequest('A connected account cannot create accounts.');
  }
  const account = newAccount(parameters, context.now);
  context.store.insert(PLATFORM, account);
  announce(
    { ...context, account_id: account.id },
    { kind: 'account.updated', object: account, previous: { details_submitted: false } },
  );
  return account;
}

export function retrieveAccount(context: Context, id: string): Stripe.Account {
  const mayRead = context.account_id === PLATFORM || context.account_id === id;
  const account = mayRead && context.store.find<Stripe.Account>(PLATFORM, 'account', id);
  if (!account) throw noAccess(id);
  return account;
}

/** Throws unless the account of the request may take card payments. */
export function requireChargesEnabled(context: Context): void {
  if (context.account_id === PLATFORM) return;
  if (retrieveAccount(context, context.account_id).charges_enabled) return;
  throw invalidRequest('This account cannot make charges: it lacks the card_payments capability.');
}

function noAccess(id: string): StripeError {
  const message =
    `The provided key does not have access to account '${id}' ` +
    '(or that account does not exist). Application access may have been revoked.';
  return new StripeError(403, { type: 'invalid_request_error', code: 'account_invalid', message });
}

function newAccount(parameters: Parameters, now: number): Stripe.Account {
  const { country, email, business_type, business_profile, metadata } = parameters;
  const id = newId('acct', 16).replace('acct_', 'acct_1');
  const dashboard = dashboardOf(parameters);
  const capabilities = capabilitiesOf(parameters, dashboard);
  return {
    id,
    object: 'account',
    business_profile: businessProfile(business_profile),
    business_type: business_type ?? null,
    capabilities,
    charges_enabled: capabilities.card_payments === 'active',
    controller: controllerOf(parameters, dashboard),
    country,
    created: now,
    default_currency: parameters.default_currency ?? currencyOf(country),
    details_submitted: true,
    email: email ?? null,
    external_accounts: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/accounts/${id}/external_accounts`,
    },
    future_requirements: NOTHING_REQUIRED,
    metadata,
    payouts_enabled: capabilities.transfers === 'active',
    requirements: NOTHING_REQUIRED,
    tos_acceptance: { date: now, ip: null, user_agent: null },
    type: dashboard === 'full' ? 'standard' : dashboard === 'express' ? 'express' : 'custom',
  };
}

const NOTHING_REQUIRED = {
  alternatives: [],
  current_deadline: null,
  currently_due: [],
  disabled_reason: null,
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
};

type Dashboard = 'express' | 'full' | 'none';

function dashboardOf({ type, controller }: Parameters): Dashboard {
  if (type !== undefined && controller !== undefined) {
    throw invalidParameter('You may only specify one of type and controller.', { param: 'type' });
  }
  if (type === 'custom') return 'none';
  if (type === 'express') return 'express';
  return controller?.stripe_dashboard?.type ?? 'full';
}

/** An account with the full dashboard has both capabilities by itself. */
function capabilitiesOf(
  { capabilities }: Parameters,
  dashboard: Dashboard,
): Stripe.Account.Capabilities {
  const wanted = (name: 'card_payments' | 'transfers') =>
    capabilities[name]?.requested ?? dashboard === 'full';
  return {
    ...(wanted('card_payments') ? { card_payments: 'active' as const } : {}),
    ...(wanted('transfers') ? { transfers: 'active' as const } : {}),
  };
}

function controllerOf(parameters: Parameters, dashboard: Dashboard): Stripe.Account.Controller {
  const { controller } = parameters;
  const full = dashboard === 'full';
  return {
    type: 'application',
    is_controller: true,
    fees: { payer: controller?.fees?.payer ?? (full ? 'account' : 'application') },
    losses: { payments: controller?.losses?.payments ?? (full ? 'stripe' : 'application') },
    requirement_collection:
      controller?.requirement_collection ?? (dashboard === 'none' ? 'application' : 'stripe'),
    stripe_dashboard: { type: dashboard },
  };
}

function businessProfile(profile: Parameters['business_profile']): Stripe.Account.BusinessProfile {
  return {
    mcc: profile.mcc ?? null,
    minority_owned_business_designation: null,
    name: profile.name ?? null,
    product_description: profile.product_description ?? null,
    specified_commercial_transactions_act_url: null,
    support_address: null,
    support_email: profile.support_email ?? null,
    support_phone: profile.support_phone ?? null,
    support_url: profile.support_url ?? null,
    url: profile.url ?? null,
  };
}

function currencyOf(country: string): string {
  const currency = EURO.includes(country) ? 'eur' : CURRENCY_OF[country];
  if (currency !== undefined) return currency;
  throw invalidParameter(`Country '${country}' is unknown.`, { param: 'country' });
}
