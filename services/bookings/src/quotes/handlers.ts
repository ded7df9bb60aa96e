import { audit, type Tenant, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { contract as pricingContract } from '@roundhouse/pricing/contract';
import type { Handlers } from '@roundhouse/service';
import type { Client as CallsTo } from '@roundhouse/service/client';
import { move } from '../charters/charter.ts';
import { type Charter, lockCharter, updateStatus } from '../charters/store.ts';
import type { contract } from '../contract.ts';
import { CharterAccepted, QuoteCreated, QuoteSent } from '../events.ts';
import type { VehicleType } from '../resources/store.ts';
import * as acceptance from './acceptance-store.ts';
import * as links from './links.ts';
import { accept, choose, dues, type Free, requireQuotable, send, termsOf } from './quote.ts';
import * as store from './store.ts';

export interface QuoteDependencies {
  pricing: Pick<CallsTo<typeof pricingContract>, 'priceCharter'>;
  links: links.LinkKeys;
}

type Names =
  | 'createQuote'
  | 'getQuote'
  | 'listQuotes'
  | 'sendQuote'
  | 'getPublicQuote'
  | 'acceptQuote';

/** What pricing is asked: where the coaches go, from where they come, and when. */
function priceRequest(charter: Charter, types: VehicleType[]) {
  const { starts_at, ends_at } = charter;
  const stops = charter.stops.map(({ latitude, longitude }) => ({ latitude, longitude }));
  const vehicles = charter.vehicles.map(({ vehicle_type, count }) => {
    const type = types.find(({ code }) => code === vehicle_type);
    if (type === undefined) throw new Error(`The vehicle type ${vehicle_type} is gone.`);
    const base = { latitude: type.base_latitude, longitude: type.base_longitude };
    return { vehicle_type, count, base };
  });
  return { stops, starts_at, ends_at, vehicles };
}

/** Each chosen coach, occupied from garage to garage. */
function holdsFor(quote: store.Quote, chosen: Free[], held_until: Temporal.Instant) {
  return chosen.map(({ id: resource_id, vehicle_type }): acceptance.Hold => {
    const times = quote.price.vehicles.find((vehicle) => vehicle.vehicle_type === vehicle_type);
    if (times === undefined) throw new Error(`The quote has no times for ${vehicle_type}.`);
    const starts_at = Temporal.Instant.from(times.garage_out_at);
    const ends_at = Temporal.Instant.from(times.garage_in_at);
    return { resource_id, charter_id: quote.charter_id, starts_at, ends_at, held_until };
  });
}

function announceAcceptance(tx: TenantTransaction, quote: store.Quote, charter: Charter): void {
  const { price, contact, id: quote_id } = quote;
  const { lines, net, total, deposit, balance, policy } = price;
  const { name, rate_ppm, amount } = price.tax;
  const { id: charter_id, version, starts_at, ends_at } = charter;
  publish(tx, CharterAccepted, charter_id, {
    ...{ charter_id, quote_id, version, contact, accepted_at: tx.tenant.now() },
    ...{ starts_at, ends_at, lines, net, tax: { name, rate_ppm, amount }, total },
    ...{ deposit, balance, policy_version: policy.version },
    ...dues(policy, starts_at, tx.tenant.now()),
  });
}

export function quoteHandlers({
  pricing,
  links: keys,
}: QuoteDependencies): Pick<Handlers<typeof contract>, Names> {
  const shown = (tenant: Tenant, offer: acceptance.Offer) => {
    const { quote, charter, business_name } = offer;
    const { status, price, valid_until, accepted_at, contact } = quote;
    const { passengers, stops, vehicles } = charter;
    return {
      ...{ business_name, status, client_name: contact.name, passengers, stops, vehicles, price },
      ...{ terms: termsOf(price.total, price.policy), valid_until, accepted_at },
      payment_url: links.paymentUrl(keys, tenant.id, offer),
    };
  };

  return {
    createQuote: async ({ params }, { tenant, caller, request_id }) => {
      const { id } = params;
      const { charter, types, contact } = await tenant.read((tx) =>
        store.findPriceable(tx, tenant.id, id),
      );
      requireQuotable(charter, charter.version);
      const body = priceRequest(charter, types);
      const price = await pricing.priceCharter({ body }, { token: caller.token, request_id });
      return tenant.transaction(async (tx) => {
        const locked = await lockCharter(tx, params.id);
        requireQuotable(locked, charter.version);
        const quote = await store.insertQuote(tx, { charter_id: charter.id, contact, price });
        const { id: quote_id, charter_id, version } = quote;
        publish(tx, QuoteCreated, quote_id, { quote_id, charter_id, version, total: price.total });
        const subject = { subject_type: 'quote', subject_id: quote_id };
        audit(tx, { action: 'createQuote', ...subject, after: { total: price.total } });
        return quote;
      });
    },

    getQuote: async ({ params }, { tenant }) =>
      tenant.read((tx) => store.findQuote(tx, tenant.id, params.id)),

    listQuotes: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findQuotes(tx, tenant.id, query)),

    sendQuote: async ({ params, if_match }, { tenant }) =>
      tenant.transaction(async (tx) => {
        const { quote: before, charter } = await acceptance.lockOffer(tx, params.id);
        requireVersion(before.version, if_match);
        const quote = send(before, before.price.policy, tenant.now());
        const public_url = links.quoteUrl(keys, tenant.id, quote);
        if (quote === before) return { ...quote, public_url };
        const quoted = move(charter, 'quoted', tenant.now());
        updateStatus(tx, quoted);
        store.supersedeOthers(tx, quote);
        store.updateQuote(tx, quote);
        const { id: quote_id, charter_id, version, contact, price, valid_until } = quote;
        const until = valid_until ?? tenant.now();
        const facts = { quote_id, charter_id, version, contact, total: price.total };
        publish(tx, QuoteSent, quote_id, { ...facts, valid_until: until });
        audit(tx, { action: 'sendQuote', subject_type: 'quote', subject_id: quote_id });
        return { ...quote, public_url };
      }),

    getPublicQuote: async ({ params }, { enter }) => {
      const link = links.openQuoteLink(keys, params.token);
      const tenant = enter(link.tenant_id, { kind: 'link', id: link.id });
      const offer = await tenant.read((tx) => acceptance.findOffer(tx, tenant.id, link.id));
      links.requireGeneration(offer.quote, link);
      return shown(tenant, offer);
    },

    acceptQuote: async ({ params, body }, { enter, address, user_agent }) => {
      const link = links.openQuoteLink(keys, params.token);
      const tenant = enter(link.tenant_id, { kind: 'link', id: link.id });
      return tenant.transaction(async (tx) => {
        const { offer, free } = await acceptance.lockOfferAndFree(tx, link.id);
        links.requireGeneration(offer.quote, link);
        const now = tenant.now();
        const quote = accept(offer.quote, now);
        const charter = move(offer.charter, 'accepted', now);
        const { price } = quote;
        const chosen = choose(price.vehicles, free);
        const { held_until } = dues(price.policy, charter.starts_at, now);
        acceptance.insertHolds(tx, holdsFor(quote, chosen, held_until));
        store.updateQuote(tx, quote);
        updateStatus(tx, charter);
        const terms = termsOf(price.total, price.policy);
        const evidence = { name: body.name, address, user_agent, terms };
        acceptance.insertAcceptance(tx, quote, evidence);
        announceAcceptance(tx, quote, charter);
        const subject = { subject_type: 'quote', subject_id: quote.id };
        audit(tx, { action: 'acceptQuote', ...subject, after: { name: body.name } });
        return shown(tenant, { ...offer, quote, charter });
      });
    },
  };
}
