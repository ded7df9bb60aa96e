import { audit } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import * as store from './store.ts';

type Names =
  | 'createVehicleType'
  | 'getVehicleType'
  | 'listVehicleTypes'
  | 'changeVehicleType'
  | 'createResource'
  | 'getResource'
  | 'listResources';

export const resourceHandlers: Pick<Handlers<typeof contract>, Names> = {
  createVehicleType: async ({ body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const type = await store.insertVehicleType(tx, body);
      const subject = { subject_type: 'vehicle_type', subject_id: type.id };
      audit(tx, { action: 'createVehicleType', ...subject, after: type });
      return type;
    }),

  getVehicleType: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findVehicleType(tx, tenant.id, params.id)),

  listVehicleTypes: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findVehicleTypes(tx, tenant.id, query)),

  changeVehicleType: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const before = await store.lockVehicleType(tx, params.id);
      requireVersion(before.version, if_match);
      const changed = { version: before.version + 1, updated_at: tenant.now() };
      const after = { ...before, ...(body as Partial<typeof before>), ...changed };
      store.updateVehicleType(tx, after);
      const subject = { subject_type: 'vehicle_type', subject_id: after.id };
      audit(tx, { action: 'changeVehicleType', ...subject, before, after });
      return after;
    }),

  createResource: async ({ body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const resource = await store.insertResource(tx, body);
      const subject = { subject_type: 'resource', subject_id: resource.id };
      audit(tx, { action: 'createResource', ...subject, after: resource });
      return resource;
    }),

  getResource: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findResource(tx, tenant.id, params.id)),

  listResources: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findResources(tx, tenant.id, query)),
};
