import type { Tenant } from '@roundhouse/database';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { openPaymentLink, type PaymentLinks, paymentUrl, requireGeneration } from '../links.ts';
import * as store from './store.ts';

type Names = 'getSchedule' | 'listSchedules' | 'getPublicSchedule';

export function scheduleHandlers(links: PaymentLinks): Pick<Handlers<typeof contract>, Names> {
  const shown = (tenant: Tenant, schedule: store.Schedule) => ({
    ...schedule,
    payment_url: paymentUrl(links, tenant.id, schedule),
  });
  return {
    getSchedule: async ({ params }, { tenant }) =>
      shown(tenant, await tenant.read((tx) => store.findSchedule(tx, tenant.id, params.id))),

    listSchedules: async ({ query }, { tenant }) => {
      const { data, next_cursor } = await tenant.read((tx) =>
        store.findSchedules(tx, tenant.id, query),
      );
      return { data: data.map((schedule) => shown(tenant, schedule)), next_cursor };
    },

    getPublicSchedule: async ({ params }, { enter }) => {
      const link = openPaymentLink(links, params.token);
      const tenant = enter(link.tenant_id, { kind: 'link', id: link.id });
      const schedule = await tenant.read((tx) => store.findForClient(tx, tenant.id, link.id));
      requireGeneration(schedule, link);
      return { ...schedule, currency: schedule.total.currency };
    },
  };
}
