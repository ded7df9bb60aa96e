import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import * as store from './store.ts';

export const invoiceHandlers: Pick<Handlers<typeof contract>, 'getInvoice' | 'listInvoices'> = {
  getInvoice: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findInvoice(tx, tenant.id, params.id)),

  listInvoices: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findInvoices(tx, tenant.id, query)),
};
