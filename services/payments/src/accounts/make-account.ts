import { audit, sql, type Tenant } from '@roundhouse/database';
import { confirmEffect, keyOf, postponeEffect } from '../effects/store.ts';
import type { Provider } from '../stripe.ts';

/**
 * The business' own account at the provider. Whoever comes first makes it, and all of them under
 * the same key. After a day the provider would make another one: then the first, which nobody has
 * ever used, stays empty. Undefined while nobody knows.
 */
export async function makeAccount(
  tenant: Tenant,
  provider: Provider,
  timeout_ms: number,
): Promise<string | undefined> {
  const effect = { kind: 'account', cause_id: tenant.id } as const;
  const request = { tenant_id: tenant.id, idempotency_key: keyOf(effect) };
  const made = await provider.createAccount(request, timeout_ms);
  await tenant.transaction(
    async (tx) => {
      if (made.kind === 'unknown') return postponeEffect(tx, effect, made.why);
      tx.queue(sql`
        INSERT INTO provider_accounts (tenant_id, provider_account_id, created_at)
        VALUES (${tenant.id}, ${made.id}, ${tenant.now()})
        ON CONFLICT (tenant_id) DO NOTHING`);
      confirmEffect(tx, effect);
      const subject = { subject_type: 'provider_account', subject_id: made.id };
      audit(tx, { action: 'makeAccount', ...subject });
    },
    { framed: false },
  );
  return made.kind === 'made' ? made.id : undefined;
}
