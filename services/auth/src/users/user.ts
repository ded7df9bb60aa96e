import { forbidden } from '@roundhouse/errors';

/** Only an owner makes an owner: otherwise an admin could raise himself. */
export function requireGrantable(held: readonly string[], wanted: readonly string[]): void {
  if (wanted.includes('owner') && !held.includes('owner')) {
    throw forbidden('role_not_grantable', 'Only an owner can make somebody an owner.');
  }
}
