import { audit, type TenantTransaction } from '@roundhouse/database';
import { invalid, requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import { type SettingsOwner, tenantSettings } from '@roundhouse/service/tenant-settings';
import { priceCharter } from './charter-price.ts';
import type { contract } from './contract.ts';
import { revise } from './policy.ts';
import * as policies from './policy-store.ts';
import { sealed } from './price-hash.ts';
import * as store from './rate-card-store.ts';

export interface PricingDependencies {
  auth: SettingsOwner;
}

export function handlers({ auth }: PricingDependencies): Handlers<typeof contract> {
  return {
    ...auditHandlers,

    createRateCard: async ({ body }, context) => {
      const { tenant } = context;
      const settings = await tenantSettings(context, auth);
      requireCurrency(body, settings.currency);
      return tenant.transaction(async (tx) => {
        const card = await store.insertRateCard(tx, body);
        const subject = { subject_type: 'rate_card', subject_id: card.id };
        audit(tx, { action: 'createRateCard', ...subject, after: card });
        return card;
      });
    },

    getRateCard: async ({ params }, { tenant }) =>
      tenant.read((tx) => store.findRateCard(tx, tenant.id, params.id)),

    listRateCards: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findRateCards(tx, tenant.id, query)),

    changeRateCard: async ({ params, body, if_match }, { tenant }) =>
      tenant.transaction(async (tx) => {
        const before = await store.lockRateCard(tx, params.id);
        requireVersion(before.version, if_match);
        // A tenant's currency never changes, so the card's own is the one to keep.
        requireCurrency(body, before.hourly.currency);
        const version = before.version + 1;
        // JSON has no undefined: a rate is there or it was not sent.
        const changes = body as Partial<store.Rates>;
        const after = { ...before, ...changes, version, updated_at: tenant.now() };
        store.updateRateCard(tx, after);
        const subject = { subject_type: 'rate_card', subject_id: after.id };
        audit(tx, { action: 'changeRateCard', ...subject, before, after });
        return after;
      }),

    getTaxRate: async (_, { tenant }) =>
      tenant.read((tx) => policies.findPolicy(tx, tenant.id, policies.taxRates)),

    setTaxRate: async ({ body, if_match }, { tenant }) =>
      tenant.transaction((tx) =>
        setPolicy(tx, policies.taxRates, { action: 'setTaxRate', terms: body, if_match }),
      ),

    getDepositPolicy: async (_, { tenant }) =>
      tenant.read((tx) => policies.findPolicy(tx, tenant.id, policies.depositPolicies)),

    setDepositPolicy: async ({ body, if_match }, { tenant }) =>
      tenant.transaction((tx) =>
        setPolicy(tx, policies.depositPolicies, {
          action: 'setDepositPolicy',
          terms: body,
          if_match,
        }),
      ),

    priceCharter: async ({ body }, { tenant }) => {
      const types = body.vehicles.map(({ vehicle_type }) => vehicle_type);
      const terms = await tenant.read((tx) => policies.findTerms(tx, tenant.id, types));
      return sealed(priceCharter(body, terms));
    },
  };
}

const PRICES = ['hourly', 'live_mile', 'deadhead_mile'] as const;

type SentPrices = { [Price in (typeof PRICES)[number]]?: store.RateCard[Price] | undefined };

function requireCurrency(rates: SentPrices, currency: string): void {
  const other = PRICES.find((price) => (rates[price]?.currency ?? currency) !== currency);
  if (other === undefined) return;
  const detail = `This business works in ${currency}, and all its rates do.`;
  throw invalid('currency_mismatch', `/${other}/currency`, detail);
}

interface PolicyChange<P> {
  action: string;
  terms: Omit<P, 'version'>;
  if_match: number | undefined;
}

async function setPolicy<P extends { version: number }>(
  tx: TenantTransaction,
  kind: policies.Kind<P>,
  { action, terms, if_match }: PolicyChange<P>,
): Promise<P> {
  const before = await policies.lockPolicy(tx, kind);
  requireVersion(before.version, if_match);
  const after = revise(before, terms);
  if (after === before) return before;
  policies.insertPolicy(tx, kind, after);
  // A business has one of each, so the business is its name.
  const subject = { subject_type: kind.name, subject_id: tx.tenant.id };
  audit(tx, { action, ...subject, before, after });
  return after;
}
