import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import { type SettingsOwner, tenantSettings } from '@roundhouse/service/tenant-settings';
import type { contract } from '../contract.ts';
import { setCustomValues } from '../custom-fields/custom-field.ts';
import { ClientArchived, ClientChanged, ClientCreated, ClientRestored } from '../events.ts';
import { lockDuplicates, newlyFound, requireUnique, saveTerms } from '../search/store.ts';
import { distinctTags, namesOf, renamed, requireArchived, requireLive } from './client.ts';
import type { clientRoutes } from './contract.ts';
import { findClients } from './list-store.ts';
import * as store from './store.ts';

export interface ClientsDependencies {
  auth: SettingsOwner;
}

type ClientHandlers = Pick<Handlers<typeof contract>, keyof typeof clientRoutes>;

/** What a change leaves behind, besides its row. */
function note(
  tx: TenantTransaction,
  action: string,
  after: store.Client,
  before?: store.Client,
): void {
  audit(tx, { action, subject_type: 'client', subject_id: after.id, before, after });
}

const changedNow = (tx: TenantTransaction, before: store.Client) => ({
  version: before.version + 1,
  updated_at: tx.tenant.now(),
});

export const clientHandlers = ({ auth }: ClientsDependencies): ClientHandlers => ({
  createClient: async ({ body }, context) => {
    const { tenant } = context;
    const settings = await tenantSettings(context, auth);
    const { allow_duplicate, ...sent } = body;
    const wanted = {
      ...sent,
      ...namesOf(sent),
      time_zone: sent.time_zone ?? settings.time_zone,
      tags: distinctTags(sent.tags),
      status: 'active' as const,
      archived_at: null,
    };
    return tenant.transaction(async (tx) => {
      const { id, found, fields } = await store.prepareClient(tx, wanted);
      if (!allow_duplicate) requireUnique(found);
      const custom_fields = setCustomValues(fields, {}, wanted.custom_fields);
      const times = { created_at: tenant.now(), updated_at: tenant.now() };
      const client: store.Client = { ...wanted, id, version: 1, custom_fields, ...times };
      store.insertClient(tx, client);
      store.saveTags(tx, client.tags);
      saveTerms(tx, { client_id: id, source_id: id }, client);
      publish(tx, ClientCreated, id, client);
      note(tx, 'createClient', client);
      return client;
    });
  },

  getClient: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findClient(tx, tenant.id, params.id)),

  listClients: async ({ query }, { tenant }) =>
    tenant.read((tx) => findClients(tx, tenant.id, query)),

  changeClient: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { allow_duplicate, custom_fields, tags, ...sent } = body;
      const { client: before, found, fields } = await store.lockClient(tx, params.id, sent);
      requireVersion(before.version, if_match);
      requireLive(before);
      // JSON has no undefined: a field is there or it was not sent.
      const changes = sent as Partial<store.Client>;
      const after: store.Client = {
        ...before,
        ...changes,
        ...renamed(before, changes),
        ...(tags === undefined ? {} : { tags: distinctTags(tags) }),
        ...(custom_fields === undefined
          ? {}
          : { custom_fields: setCustomValues(fields, before.custom_fields, custom_fields) }),
        ...changedNow(tx, before),
      };
      if (!allow_duplicate) requireUnique(newlyFound(found, before.id, before, after));
      store.updateClient(tx, after);
      store.saveTags(tx, after.tags);
      saveTerms(tx, { client_id: after.id, source_id: after.id }, after);
      publish(tx, ClientChanged, after.id, after);
      note(tx, 'changeClient', after, before);
      return after;
    }),

  archiveClient: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client: before } = await store.lockClient(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(before);
      const after = { ...before, archived_at: tenant.now(), ...changedNow(tx, before) };
      store.updateClient(tx, after);
      publish(tx, ClientArchived, after.id, after);
      note(tx, 'archiveClient', after, before);
      return after;
    }),

  restoreClient: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client: before } = await store.lockClient(tx, params.id);
      requireVersion(before.version, if_match);
      requireArchived(before);
      const found = body.allow_duplicate ? [] : await lockDuplicates(tx, before);
      requireUnique(found.filter(({ id }) => id !== before.id));
      const after = { ...before, archived_at: null, ...changedNow(tx, before) };
      store.updateClient(tx, after);
      publish(tx, ClientRestored, after.id, after);
      note(tx, 'restoreClient', after, before);
      return after;
    }),

  listTags: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findTags(tx, tenant.id, query)),
});
