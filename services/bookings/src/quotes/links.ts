import { notFound } from '@roundhouse/errors';
import { type Link, openLink, sealLink } from '@roundhouse/service/links';
import type { Offer } from './acceptance-store.ts';
import type { Quote } from './store.ts';

export interface LinkKeys {
  quote: string;
  /** Payments' own: bookings only shows its link. */
  payment: string;
  /** The gateway's address with `/api/v1`, as clients reach it. */
  public_url: string;
}

export const quoteUrl = (keys: LinkKeys, tenant_id: string, quote: Quote): string => {
  const link = { tenant_id, id: quote.id, generation: quote.link_generation };
  return `${keys.public_url}/charters/public/quotes/${sealLink(keys.quote, 'quote', link)}`;
};

export function paymentUrl(keys: LinkKeys, tenant_id: string, { schedule }: Offer): string | null {
  if (schedule === undefined) return null;
  const link = { tenant_id, id: schedule.id, generation: schedule.link_generation };
  return `${keys.public_url}/payments/public/links/${sealLink(keys.payment, 'payment', link)}`;
}

export function openQuoteLink(keys: LinkKeys, token: string): Link {
  const link = openLink(keys.quote, 'quote', token);
  if (link === undefined) throw notFound('quote');
  return link;
}

/** A link of an earlier generation was revoked. */
export function requireGeneration(quote: Quote, link: Link): void {
  if (quote.link_generation !== link.generation) throw notFound('quote');
}
