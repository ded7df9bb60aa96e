import { TenantCreated } from '@roundhouse/auth/events';
import { on, type Subscription } from '@roundhouse/events';
import { saveTenantSettings } from '@roundhouse/service/tenant-settings';

export const subscriptions: Subscription[] = [
  on(TenantCreated, ({ data }, tx) => saveTenantSettings(tx, data)),
];
