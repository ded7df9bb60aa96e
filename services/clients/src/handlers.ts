import { audit } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import { auditHandlers } from '@roundhouse/service/audit';
import { type SettingsOwner, tenantSettings } from '@roundhouse/service/tenant-settings';
import * as store from './client-store.ts';
import type { contract } from './contract.ts';
import { ClientChanged, ClientCreated } from './events.ts';

export interface ClientsDependencies {
  auth: SettingsOwner;
}

export function handlers({ auth }: ClientsDependencies): Handlers<typeof contract> {
  return {
    ...auditHandlers,

    createClient: async ({ body }, context) => {
      const { tenant } = context;
      const settings = await tenantSettings(context, auth);
      const wanted = { ...body, time_zone: body.time_zone ?? settings.time_zone };
      return tenant.transaction(async (tx) => {
        const client = await store.insertClient(tx, wanted);
        publish(tx, ClientCreated, client.id, client);
        const subject = { subject_type: 'client', subject_id: client.id };
        audit(tx, { action: 'createClient', ...subject, after: client });
        return client;
      });
    },

    getClient: async ({ params }, { tenant }) =>
      tenant.read((tx) => store.findClient(tx, tenant.id, params.id)),

    listClients: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findClients(tx, tenant.id, query)),

    changeClient: async ({ params, body, if_match }, { tenant }) =>
      tenant.transaction(async (tx) => {
        const before = await store.lockClient(tx, params.id);
        requireVersion(before.version, if_match);
        const version = before.version + 1;
        // JSON has no undefined: a field is there or it was not sent.
        const changes = body as store.ClientChanges;
        const after = { ...before, ...changes, version, updated_at: tenant.now() };
        store.updateClient(tx, after);
        publish(tx, ClientChanged, after.id, after);
        const subject = { subject_type: 'client', subject_id: after.id };
        audit(tx, { action: 'changeClient', ...subject, before, after });
        return after;
      }),
  };
}
