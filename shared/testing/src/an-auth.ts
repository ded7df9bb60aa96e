import type { TenantSettings } from '@roundhouse/service/contract';
import type { SettingsOwner } from '@roundhouse/service/tenant-settings';

/** What auth says of a business, with the differences that a test is about. */
export const settingsOf = (id: string, changes: Partial<TenantSettings> = {}): TenantSettings => ({
  id,
  name: 'Blue Coach Lines',
  vertical: 'charter',
  time_zone: 'America/New_York',
  currency: 'USD',
  version: 1,
  ...changes,
});

export interface StandInAuth extends SettingsOwner {
  /** How often it was asked. */
  asked: number;
}

/** Auth as an argument: it knows the business of whatever token it is asked with. */
export function anAuth(changes: Partial<TenantSettings> = {}): StandInAuth {
  const auth: StandInAuth = {
    asked: 0,
    getTenant: async (_, { token = '' }) => {
      auth.asked += 1;
      const [, payload = ''] = token.split('.');
      const { tenant_id } = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return settingsOf(tenant_id, changes);
    },
  };
  return auth;
}
