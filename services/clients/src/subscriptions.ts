import * as authEvents from '@roundhouse/auth/events';
import { on, type Subscription } from '@roundhouse/events';
import { standingSubscriptions } from '@roundhouse/service/standings';
import { saveTenantSettings } from '@roundhouse/service/tenant-settings';

export const subscriptions: Subscription[] = [
  ...standingSubscriptions(authEvents),
  on(authEvents.TenantCreated, ({ data }, tx) => saveTenantSettings(tx, data)),
  on(authEvents.TenantChanged, ({ data }, tx) => saveTenantSettings(tx, data)),
];
