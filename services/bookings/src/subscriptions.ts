import * as authEvents from '@roundhouse/auth/events';
import {
  ClientChanged,
  ClientCreated,
  ClientErased,
  ClientMerged,
} from '@roundhouse/clients/events';
import { audit, type TenantTransaction } from '@roundhouse/database';
import { on, publish, type Subscription } from '@roundhouse/events';
import { PaymentSucceeded, ScheduleCreated } from '@roundhouse/payments/events';
import { standingSubscriptions } from '@roundhouse/service/standings';
import { saveTenantSettings } from '@roundhouse/service/tenant-settings';
import { move } from './charters/charter.ts';
import { followMerge, saveClient } from './charters/client-copy.ts';
import { eraseClients } from './charters/erasure-store.ts';
import { lockCharter, updateStatus } from './charters/store.ts';
import { CharterConfirmed } from './events.ts';
import { bookHolds, saveSchedule } from './quotes/acceptance-store.ts';

/** What had to be paid first is paid: the vehicles are the client's. */
async function confirm(tx: TenantTransaction, charter_id: string): Promise<void> {
  const before = await lockCharter(tx, charter_id);
  // The same fact may come by two events, and late ones find the charter further on.
  if (before.status !== 'accepted') return;
  const now = tx.tenant.now();
  const after = move(before, 'confirmed', now);
  updateStatus(tx, after);
  bookHolds(tx, charter_id);
  const { version } = after;
  publish(tx, CharterConfirmed, charter_id, { charter_id, version, confirmed_at: now });
  audit(tx, { action: 'confirmCharter', subject_type: 'charter', subject_id: charter_id });
}

export const subscriptions: Subscription[] = [
  ...standingSubscriptions(authEvents),
  on(authEvents.TenantCreated, ({ data }, tx) => saveTenantSettings(tx, data)),
  on(authEvents.TenantChanged, ({ data }, tx) => saveTenantSettings(tx, data)),
  on(ClientCreated, async ({ data }, tx) => saveClient(tx, data)),
  on(ClientChanged, async ({ data }, tx) => saveClient(tx, data)),
  on(ClientMerged, async ({ data }, tx) => {
    const { merged_id, merged_version, ...kept } = data;
    followMerge(tx, { kept, merged_id, merged_version });
  }),
  on(ClientErased, ({ data }, tx) => eraseClients(tx, data.erased)),
  on(ScheduleCreated, async ({ data }, tx) => {
    const { booking_id: charter_id, schedule_id, link_generation, version } = data;
    saveSchedule(tx, { charter_id, schedule_id, link_generation, version });
    if (!data.deposit_required) await confirm(tx, charter_id);
  }),
  on(PaymentSucceeded, async ({ data }, tx) => {
    if (data.item === 'deposit') await confirm(tx, data.booking_id);
  }),
];
