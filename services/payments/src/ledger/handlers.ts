import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import * as store from './store.ts';

export const ledgerHandlers: Pick<
  Handlers<typeof contract>,
  'listLedgerAccounts' | 'getTrialBalance'
> = {
  listLedgerAccounts: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findAccounts(tx, tenant.id, query)),

  getTrialBalance: async (_, { tenant }) =>
    tenant.read((tx) => store.findTrialBalance(tx, tenant.id)),
};
