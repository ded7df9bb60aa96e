import { type Reader, type Row, sql, type TenantTransaction } from '@roundhouse/database';
import type { z } from 'zod';
import type { Terms } from './charter-price.ts';
import { DepositPolicy, TaxRate } from './contract.ts';
import * as policy from './policy.ts';
import { type RateCardRow, rateCardOf, rateCardsOfTypes } from './rate-card-store.ts';

/** A kind of policy: how its rows are read, and what holds before there is one. */
export interface Kind<Policy extends { version: number }> {
  name: 'tax_rate' | 'deposit_policy';
  shape: z.ZodType<Policy>;
  initial: Policy;
}

export const taxRates: Kind<policy.TaxRate> = {
  name: 'tax_rate',
  shape: TaxRate,
  initial: policy.INITIAL_TAX_RATE,
};

export const depositPolicies: Kind<policy.DepositPolicy> = {
  name: 'deposit_policy',
  shape: DepositPolicy,
  initial: policy.INITIAL_DEPOSIT_POLICY,
};

type AnyKind = Pick<Kind<{ version: number }>, 'name'>;

const latest = (tenant_id: string, { name }: AnyKind) => sql`
  SELECT version, terms FROM policies WHERE tenant_id = ${tenant_id} AND kind = ${name}
  ORDER BY version DESC LIMIT 1`;

function policyOf<P extends { version: number }>(kind: Kind<P>, [row]: Row[] = []): P {
  if (row === undefined) return kind.initial;
  return kind.shape.parse({ ...(row.terms as object), version: row.version });
}

export async function findPolicy<P extends { version: number }>(
  tx: Reader,
  tenant_id: string,
  kind: Kind<P>,
): Promise<P> {
  return policyOf(kind, await tx.query(latest(tenant_id, kind)));
}

/** There may be no row to lock, so the lock is on the name. */
export async function lockPolicy<P extends { version: number }>(
  tx: TenantTransaction,
  kind: Kind<P>,
): Promise<P> {
  const { id } = tx.tenant;
  const lock = sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${id} ${kind.name}`}, 0))`;
  const [, rows] = await tx.queries([lock, latest(id, kind)]);
  return policyOf(kind, rows);
}

export function insertPolicy<P extends { version: number }>(
  tx: TenantTransaction,
  kind: Kind<P>,
  { version, ...terms }: P,
): void {
  const { id, now } = tx.tenant;
  tx.queue(sql`
    INSERT INTO policies (tenant_id, kind, version, terms, created_at)
    VALUES (${id}, ${kind.name}, ${version}, ${JSON.stringify(terms)}::jsonb, ${now()})`);
}

/** All that a price is made of, in one round trip. */
export async function findTerms(tx: Reader, tenant_id: string, types: string[]): Promise<Terms> {
  const [cards, tax, policy] = await tx.queries<[RateCardRow[], Row[], Row[]]>([
    rateCardsOfTypes(tenant_id, types),
    latest(tenant_id, taxRates),
    latest(tenant_id, depositPolicies),
  ]);
  return {
    cards: cards.map(rateCardOf),
    tax: policyOf(taxRates, tax),
    policy: policyOf(depositPolicies, policy),
  };
}
