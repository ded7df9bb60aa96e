import { defineEvent } from '@roundhouse/events/schema';
import { TenantSettings } from '@roundhouse/service/contract';

/** A business has signed up; every service keeps a copy of its settings. */
export const TenantCreated = defineEvent('auth.tenant.created.v1', TenantSettings, {
  id: '019a6f5e-0000-7000-8000-000000000001',
  name: 'Blue Coach Lines',
  vertical: 'charter',
  time_zone: 'America/New_York',
  currency: 'USD',
  version: 1,
});
