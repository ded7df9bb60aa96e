import type { Database } from '@roundhouse/database';
import { sql } from '@roundhouse/database';
import { counter, sampledGauges } from '@roundhouse/service/meters';

/** A payment that failed may succeed later, when the provider says so: then it counts in both. */
export const payments = counter({
  name: 'roundhouse_payments_total',
  help: 'Payments whose outcome became known.',
  labels: { outcome: ['succeeded', 'failed'] },
});

/** Minor units, such as cents; the currencies are never added up. */
export const collected = counter({
  name: 'roundhouse_collected_minor_units_total',
  help: 'Money that the ledger has taken in, in minor units of the currency.',
  labels: { currency: 'open' },
});
export const invoiced = counter({
  name: 'roundhouse_invoiced_minor_units_total',
  help: 'Totals of the invoices that were issued, in minor units of the currency.',
  labels: { currency: 'open' },
});

export const unknownOutcomes = counter({
  name: 'roundhouse_unknown_outcomes_total',
  help: 'Times that nobody could say what became of a call to the provider; it is asked again.',
  labels: { kind: ['account', 'charge'] },
});

export const webhooks = counter({
  name: 'roundhouse_provider_webhooks_total',
  help: "The provider's signed webhooks: taken, come again, or of an account that is not ours.",
  labels: { result: ['taken', 'again', 'foreign'] },
});

/** Money of a client's that a person has to give back. */
export const secondCharges = counter({
  name: 'roundhouse_second_charges_total',
  help: 'Items that the provider has charged twice.',
  labels: {},
});

interface EffectsSample {
  waiting: Record<'queued' | 'sent' | 'unknown', number>;
  oldest_unknown_seconds: number;
}
const UNKNOWN: EffectsSample = {
  waiting: { queued: NaN, sent: NaN, unknown: NaN },
  oldest_unknown_seconds: NaN,
};

const effects = sampledGauges(UNKNOWN, [
  {
    name: 'roundhouse_effects',
    help: 'What is to leave the house and is not confirmed, by state, counted to 10,001.',
    label: 'state',
    of: ({ waiting }) => waiting,
  },
  {
    name: 'roundhouse_effects_oldest_unknown_seconds',
    help: 'How old the oldest effect is whose outcome nobody knows; 0 where there is none.',
    of: ({ oldest_unknown_seconds }) => oldest_unknown_seconds,
  },
]);

const COUNTED_AT_MOST = 10_001;

/** By the partial index of what is due: confirmed effects are kept for good and not looked at. */
export async function sampleEffects(worker: Database): Promise<EffectsSample> {
  const [row] = await worker.lookup<EffectsSample>(sql`
    SELECT json_build_object(
        'queued', count(*) FILTER (WHERE state = 'queued'),
        'sent', count(*) FILTER (WHERE state = 'sent'),
        'unknown', count(*) FILTER (WHERE state = 'unknown')) AS waiting,
      coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'unknown')), 0)
        ::float AS oldest_unknown_seconds
    FROM (SELECT state, created_at FROM effects WHERE due_at IS NOT NULL
      ORDER BY due_at LIMIT ${COUNTED_AT_MOST}) AS waiting`);
  return row ?? UNKNOWN;
}

export const watchEffects = (worker: Database): void =>
  effects.sampleBy(() => sampleEffects(worker));
