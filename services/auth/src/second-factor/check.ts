import { randomBytes } from 'node:crypto';
import type { TenantTransaction } from '@roundhouse/database';
import type { Sealing } from '../sealing.ts';
import { RECOVERY_CODES, readCode, recoveryCodeOf } from './code.ts';
import type { SecondFactor } from './store.ts';
import * as store from './store.ts';
import { stepOf } from './totp.ts';

const SECRET = 'second-factor';
const RECOVERY = 'recovery-code';
const CODE_BYTES = 16;

const rowOf = (tenant_id: string, user_id: string) => `${tenant_id} ${user_id}`;

export const sealSecret = (
  sealing: Sealing,
  secret: string,
  { tenant_id, user_id }: { tenant_id: string; user_id: string },
): Buffer => sealing.seal(SECRET, Buffer.from(secret), rowOf(tenant_id, user_id));

/** The step of a code of the authenticator, where it is good and was not used. */
export function goodStep(
  tx: TenantTransaction,
  sealing: Sealing,
  factor: SecondFactor,
  code: string,
): number | undefined {
  const { user_id, sealed_secret, last_step } = factor;
  const secret = sealing.open(SECRET, sealed_secret, rowOf(tx.tenant.id, user_id)).toString();
  return stepOf({ secret, last_step }, code, tx.tenant.now());
}

/** Whether the code is good; it is used up with this transaction, whose factor is locked. */
export async function takeCode(
  tx: TenantTransaction,
  sealing: Sealing,
  factor: SecondFactor,
  typed: string,
): Promise<boolean> {
  const code = readCode(typed);
  if (code.kind === 'none' || factor.confirmed_at === null) return false;
  if (code.kind === 'recovery') {
    return store.useRecoveryCode(tx, factor.user_id, sealing.mac(RECOVERY, code.text));
  }
  const step = goodStep(tx, sealing, factor, code.text);
  if (step !== undefined) store.useStep(tx, factor.user_id, step);
  return step !== undefined;
}

/** New recovery codes in the place of the old ones: shown now and never again. */
export function drawRecoveryCodes(
  tx: TenantTransaction,
  sealing: Sealing,
  user_id: string,
): string[] {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    recoveryCodeOf(randomBytes(CODE_BYTES)),
  );
  const hashes = codes.map((code) => sealing.mac(RECOVERY, code.replaceAll('-', '')));
  store.replaceRecoveryCodes(tx, user_id, hashes);
  return codes;
}
