import { type Actor, anAuth, type ServedService, serve } from '@roundhouse/testing';
import { createApp } from '../src/app.ts';
import { contract } from '../src/contract.ts';
import { subscriptions } from '../src/subscriptions.ts';

type Colleague = Actor<typeof contract>;

export interface ServedPricing extends ServedService<typeof contract> {
  /** Who may change rates, of a business of its own or of the one named. */
  manager(tenant_id?: string): Colleague;
  /** How often auth was asked for the settings of a business. */
  asked(): number;
  /** The audit trail of the actor's business. */
  notesOf(actor: Colleague): Promise<object[]>;
}

export async function servePricing(): Promise<ServedPricing> {
  const auth = anAuth({ time_zone: 'America/Denver' });
  const pricing = await serve({
    contract,
    subscriptions,
    createApp: (base) => createApp({ ...base, auth }),
  });
  return {
    ...pricing,
    manager: (tenant_id) => pricing.actor(['manager'], tenant_id),
    asked: () => auth.asked,
    notesOf: ({ tenant_id }) =>
      pricing.database.inspect(
        `SELECT action, subject_type, before->'version' AS before, after->'version' AS after
           FROM pricing.audit_log WHERE tenant_id = $1 ORDER BY id`,
        [tenant_id],
      ),
  };
}
