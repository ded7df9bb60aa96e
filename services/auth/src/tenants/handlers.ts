import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import * as store from './store.ts';

export const tenantHandlers: Pick<Handlers<typeof contract>, 'getTenant'> = {
  getTenant: async (_, { tenant }) => tenant.read((tx) => store.findTenant(tx, tenant.id)),
};
