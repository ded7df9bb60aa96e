import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import { findPersonalData } from './personal-data-store.ts';

export const clientHandlers: Pick<Handlers<typeof contract>, 'getPersonalDataOfPayments'> = {
  getPersonalDataOfPayments: async ({ params }, { tenant }) =>
    tenant.read((tx) => findPersonalData(tx, tenant.id, params.id)),
};
