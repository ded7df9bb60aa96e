import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import { requireLive } from '../clients/client.ts';
import { yieldPrimary } from '../clients/primary-store.ts';
import type { contract } from '../contract.ts';
import { lockDuplicates, newlyFound, requireUnique, saveTerms } from '../search/store.ts';
import {
  firstOfItsRoles,
  requireArchivedContact,
  requireCoherent,
  requireLiveContact,
} from './contact.ts';
import type { contactRoutes } from './contract.ts';
import * as store from './store.ts';

/** What a change of a contact leaves behind, besides its row. */
function note(
  tx: TenantTransaction,
  action: string,
  after: store.Contact,
  before?: store.Contact,
): void {
  const source = { client_id: after.client_id, source_id: after.id };
  saveTerms(tx, source, after.archived_at === null ? after : null);
  audit(tx, { action, subject_type: 'contact', subject_id: after.id, before, after });
}

const changedNow = (tx: TenantTransaction, before: store.Contact) => ({
  version: before.version + 1,
  updated_at: tx.tenant.now(),
});

export const contactHandlers: Pick<Handlers<typeof contract>, keyof typeof contactRoutes> = {
  createContact: async ({ params, body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { allow_duplicate, ...sent } = body;
      const { id, client, found, primaries } = await store.prepareContact(tx, params.id, sent);
      requireLive(client);
      const taken = primaries.flatMap(({ primary_for }) => primary_for);
      if (!allow_duplicate) requireUnique(found.filter((other) => other.id !== client.id));
      const contact = {
        ...sent,
        id,
        client_id: client.id,
        version: 1,
        primary_for: sent.primary_for ?? (firstOfItsRoles(sent.roles, taken) as typeof sent.roles),
        archived_at: null,
        created_at: tenant.now(),
        updated_at: tenant.now(),
      };
      requireCoherent(contact);
      yieldPrimary(tx, { subject_type: 'contact', to: contact, primaries });
      store.insertContact(tx, contact);
      note(tx, 'createContact', contact);
      return contact;
    }),

  listContacts: async ({ params, query }, { tenant }) =>
    tenant.read((tx) =>
      store.findContacts(tx, { tenant_id: tenant.id, client_id: params.id }, query),
    ),

  getContact: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findContact(tx, tenant.id, params.id)),

  changeContact: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { allow_duplicate, ...sent } = body;
      const locked = await store.lockContact(tx, params.id, sent);
      const { client, contact: before, found, primaries } = locked;
      requireVersion(before.version, if_match);
      requireLive(client);
      requireLiveContact(before);
      // JSON has no undefined: a field is there or it was not sent.
      const changes = sent as Partial<store.Contact>;
      const after = { ...before, ...changes, ...changedNow(tx, before) };
      // A role that it has no longer, it is not primary for.
      if (sent.primary_for === undefined) {
        after.primary_for = before.primary_for.filter((role) => after.roles.includes(role));
      }
      requireCoherent(after);
      if (!allow_duplicate) requireUnique(newlyFound(found, client.id, before, after));
      yieldPrimary(tx, { subject_type: 'contact', to: after, primaries });
      store.updateContact(tx, after);
      note(tx, 'changeContact', after, before);
      return after;
    }),

  archiveContact: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client, contact: before } = await store.lockContact(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(client);
      requireLiveContact(before);
      const changed = { archived_at: tenant.now(), primary_for: [] };
      const after = { ...before, ...changed, ...changedNow(tx, before) };
      store.updateContact(tx, after);
      note(tx, 'archiveContact', after, before);
      return after;
    }),

  restoreContact: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client, contact: before } = await store.lockContact(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(client);
      requireArchivedContact(before);
      const found = body.allow_duplicate ? [] : await lockDuplicates(tx, before);
      requireUnique(found.filter(({ id }) => id !== client.id));
      const after = { ...before, archived_at: null, ...changedNow(tx, before) };
      store.updateContact(tx, after);
      note(tx, 'restoreContact', after, before);
      return after;
    }),
};
