import * as authEvents from '@roundhouse/auth/events';
import { CharterAccepted, CharterCompleted } from '@roundhouse/bookings/events';
import { ClientErased, ClientMerged } from '@roundhouse/clients/events';
import { audit } from '@roundhouse/database';
import { on, publish, type Subscription } from '@roundhouse/events';
import { standingSubscriptions } from '@roundhouse/service/standings';
import { saveTenantSettings } from '@roundhouse/service/tenant-settings';
import { eraseClients, followMerge } from './clients/store.ts';
import { queueEffect } from './effects/store.ts';
import { ScheduleCreated } from './events.ts';
import { issueInvoice } from './invoices/issue-invoice.ts';
import { openAccounts } from './ledger/store.ts';
import { duesOf } from './schedules/schedule.ts';
import { insertSchedule } from './schedules/store.ts';

export const subscriptions: Subscription[] = [
  ...standingSubscriptions(authEvents),
  on(authEvents.TenantCreated, async ({ data }, tx) => {
    await saveTenantSettings(tx, data);
    queueEffect(tx, { kind: 'account', cause_id: data.id });
  }),
  on(authEvents.TenantChanged, ({ data }, tx) => saveTenantSettings(tx, data)),

  on(CharterAccepted, async ({ data }, tx) => {
    const { charter_id: booking_id, contact, lines, net, tax, total } = data;
    const agreed = { booking_id, contact, lines, net, tax, total };
    const schedule = await insertSchedule(tx, { ...agreed, items: duesOf(data) });
    if (schedule === undefined) return;
    openAccounts(tx, total.currency);
    const { id: schedule_id, version, link_generation, items } = schedule;
    const deposit_required = items.some(({ kind }) => kind === 'deposit');
    publish(tx, ScheduleCreated, schedule_id, {
      ...{ schedule_id, booking_id, version, link_generation, deposit_required, items },
    });
    const subject = { subject_type: 'schedule', subject_id: schedule_id };
    audit(tx, { action: 'createSchedule', ...subject, after: { booking_id, total } });
  }),

  on(ClientMerged, async ({ data }, tx) => followMerge(tx, data.id, data.merged_id)),
  on(ClientErased, async ({ data }, tx) =>
    eraseClients(
      tx,
      data.erased.map(({ id }) => id),
    ),
  ),

  on(CharterCompleted, ({ data }, tx) => issueInvoice(tx, data.charter_id)),
];
