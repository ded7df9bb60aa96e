import type { Expired } from '@roundhouse/service/retention';

/**
 * Stripe repeats a webhook for three days, and shows it for thirty to whoever sends it again by
 * hand; after that it would only find its payment settled. Effects stay: each is the key of a
 * payment, and what is asked again looks for it there.
 */
export const EXPIRED: Expired = {
  provider_events: `received_at < now() - interval '90 days'`,
};
