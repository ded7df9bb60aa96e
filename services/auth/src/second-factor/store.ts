import { type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';

export interface SecondFactor {
  user_id: string;
  sealed_secret: Buffer;
  confirmed_at: Temporal.Instant | null;
  last_step: number | null;
}

export const factorOf = (tenant_id: string, user_id: string) => sql`
  SELECT user_id, sealed_secret, confirmed_at, last_step FROM second_factors
  WHERE tenant_id = ${tenant_id} AND user_id = ${user_id}`;

/** Locked, so that of two uses of one code the second one sees the first. */
export async function lockFactor(tx: TenantTransaction, user_id: string): Promise<SecondFactor> {
  const [factor] = await tx.query<SecondFactor>(sql`${factorOf(tx.tenant.id, user_id)} FOR UPDATE`);
  if (factor === undefined) throw notFound('second_factor');
  return factor;
}

export async function findState(tx: Reader, tenant_id: string, user_id: string) {
  const [factors, codes] = await tx.queries<[SecondFactor[], { unused: number }[]]>([
    factorOf(tenant_id, user_id),
    sql`SELECT count(*) AS unused FROM recovery_codes
      WHERE tenant_id = ${tenant_id} AND user_id = ${user_id} AND used_at IS NULL`,
  ]);
  const confirmed_at = factors[0]?.confirmed_at ?? null;
  return { confirmed_at, recovery_codes_left: codes[0]?.unused ?? 0 };
}

/** A secret that was never confirmed gives way to a new one. */
export async function insertFactor(
  tx: TenantTransaction,
  user_id: string,
  sealed_secret: Buffer,
): Promise<void> {
  const rows = await tx.query(sql`
    INSERT INTO second_factors AS kept (tenant_id, user_id, sealed_secret, created_at)
    VALUES (${tx.tenant.id}, ${user_id}, ${sealed_secret}, ${tx.tenant.now()})
    ON CONFLICT (tenant_id, user_id) DO UPDATE
      SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, last_step = NULL
    WHERE kept.confirmed_at IS NULL
    RETURNING user_id`);
  if (rows.length > 0) return;
  throw conflict('second_factor_active', 'There is a second factor. Disable it first.');
}

export function confirmFactor(tx: TenantTransaction, user_id: string, step: number): void {
  tx.queue(sql`
    UPDATE second_factors SET confirmed_at = ${tx.tenant.now()}, last_step = ${step}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id}`);
}

export function useStep(tx: TenantTransaction, user_id: string, step: number): void {
  tx.queue(sql`
    UPDATE second_factors SET last_step = ${step}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id}`);
}

/** True where there was such a code and nobody had used it. */
export async function useRecoveryCode(
  tx: TenantTransaction,
  user_id: string,
  code_hash: Buffer,
): Promise<boolean> {
  const rows = await tx.query(sql`
    UPDATE recovery_codes SET used_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id} AND code_hash = ${code_hash}
      AND used_at IS NULL
    RETURNING user_id`);
  return rows.length > 0;
}

function deleteRecoveryCodes(tx: TenantTransaction, user_id: string): void {
  tx.queue(sql`
    DELETE FROM recovery_codes WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id}`);
}

/** In the place of those that were there. */
export function replaceRecoveryCodes(
  tx: TenantTransaction,
  user_id: string,
  hashes: Buffer[],
): void {
  deleteRecoveryCodes(tx, user_id);
  for (const code_hash of hashes) {
    tx.queue(sql`
      INSERT INTO recovery_codes (tenant_id, user_id, code_hash)
      VALUES (${tx.tenant.id}, ${user_id}, ${code_hash})`);
  }
}

export function deleteFactor(tx: TenantTransaction, user_id: string): void {
  deleteRecoveryCodes(tx, user_id);
  tx.queue(sql`
    DELETE FROM second_factors WHERE tenant_id = ${tx.tenant.id} AND user_id = ${user_id}`);
}
