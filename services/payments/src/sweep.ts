import type { Database, Origin } from '@roundhouse/database';
import type { SweepOptions } from '@roundhouse/jobs';
import { makeAccount } from './accounts/make-account.ts';
import { LEASE_SECONDS, resumeEffect } from './effects/store.ts';
import { type Charging, chargePayment, PROVIDER_MS } from './payments/charge.ts';
import { findCharge } from './payments/store.ts';

const AT_ONCE = 10;

export interface SweepDependencies extends Charging {
  database: Database;
  worker: Database;
  onError: (error: unknown) => void;
}

/** Sends what waits to leave the house, and asks again for what nobody knows the outcome of. */
export function effectsSweep({
  database,
  worker,
  provider,
  logger,
  onError,
}: SweepDependencies): SweepOptions {
  return {
    ...{ worker, table: 'effects', lease_seconds: LEASE_SECONDS, at_once: AT_ONCE, onError },
    work: async ({ tenant_id, id }) => {
      const origin: Origin = {
        actor_kind: 'system',
        actor_id: 'effects-sweep',
        request_id: id,
        address: null,
      };
      const tenant = database.tenant(tenant_id, origin);
      const { effect, charge } = await tenant.transaction(async (tx) => {
        const resumed = await resumeEffect(tx, id);
        const asks =
          resumed?.kind === 'charge' ? await findCharge(tx, resumed.cause_id) : undefined;
        return { effect: resumed, charge: asks };
      });
      if (effect?.kind === 'account') await makeAccount(tenant, provider, PROVIDER_MS);
      if (charge !== undefined) await chargePayment(tenant, { provider, logger }, charge);
    },
  };
}
