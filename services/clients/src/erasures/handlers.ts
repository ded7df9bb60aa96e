import { audit } from '@roundhouse/database';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { ClientErased } from '../events.ts';
import type { erasureRoutes } from './contract.ts';
import { erased, requireName } from './erasure.ts';
import * as store from './store.ts';

export const erasureHandlers: Pick<Handlers<typeof contract>, keyof typeof erasureRoutes> = {
  getPersonalData: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findPersonalData(tx, tenant.id, params.id)),

  eraseClient: async ({ params, body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const data = await store.lockPersonalData(tx, params.id);
      const { client, merged } = data;
      requireName(client, body.confirm_name);
      const now = tenant.now();
      const after = [client, ...merged].map((one) => erased(one, now));
      store.saveErasure(tx, data, after);
      const { id, version } = after[0] as (typeof after)[number];
      const all = after.map((one) => ({ id: one.id, version: one.version }));
      publish(tx, ClientErased, id, { id, version, erased: all, erased_at: now });
      const subject = { subject_type: 'client', subject_id: id };
      audit(tx, { action: 'eraseClient', ...subject, after: { reason: body.reason } });
      return { id, version, reason: body.reason, erased_at: now };
    }),
};
