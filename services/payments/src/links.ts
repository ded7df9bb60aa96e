import { notFound } from '@roundhouse/errors';
import { type Link, openLink, sealLink } from '@roundhouse/service/links';

export interface PaymentLinks {
  /** Shared with bookings, which shows the link too. */
  key: string;
  /** The gateway's address with `/api/v1`, as clients reach it. */
  public_url: string;
}

export function paymentUrl(
  { key, public_url }: PaymentLinks,
  tenant_id: string,
  { id, link_generation: generation }: { id: string; link_generation: number },
): string {
  const token = sealLink(key, 'payment', { tenant_id, id, generation });
  return `${public_url}/payments/public/links/${token}`;
}

export function openPaymentLink({ key }: PaymentLinks, token: string): Link {
  const link = openLink(key, 'payment', token);
  if (link === undefined) throw notFound('payment_link');
  return link;
}

/** A link of an earlier generation was revoked. */
export function requireGeneration(schedule: { link_generation: number }, link: Link): void {
  if (schedule.link_generation !== link.generation) throw notFound('payment_link');
}
