import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { findPersonalData } from './store.ts';

export const personalDataHandlers: Pick<Handlers<typeof contract>, 'getPersonalDataOfBookings'> = {
  getPersonalDataOfBookings: async ({ params }, { tenant }) =>
    tenant.read((tx) => findPersonalData(tx, tenant.id, params.id)),
};
