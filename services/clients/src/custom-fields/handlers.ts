import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import type { contract } from '../contract.ts';
import type { customFieldRoutes } from './contract.ts';
import { requireChoices, requireInUse, requireOutOfUse, requireRoom } from './custom-field.ts';
import * as store from './store.ts';

/** Saves what a change makes of the field. */
async function change(
  tx: TenantTransaction,
  of: { action: string; id: string; if_match: number | undefined },
  decide: (before: store.CustomField) => Partial<store.CustomField>,
): Promise<store.CustomField> {
  const before = await store.lockCustomField(tx, of.id);
  requireVersion(before.version, of.if_match);
  const changed = { version: before.version + 1, updated_at: tx.tenant.now() };
  const after = { ...before, ...decide(before), ...changed };
  store.updateCustomField(tx, after);
  const subject = { subject_type: 'custom_field', subject_id: after.id };
  audit(tx, { action: of.action, ...subject, before, after });
  return after;
}

export const customFieldHandlers: Pick<
  Handlers<typeof contract>,
  keyof typeof customFieldRoutes
> = {
  createCustomField: async ({ body }, { tenant }) => {
    requireChoices(body);
    return tenant.transaction(async (tx) => {
      requireRoom(await store.countForUpdate(tx));
      const field = await store.insertCustomField(tx, body);
      const subject = { subject_type: 'custom_field', subject_id: field.id };
      audit(tx, { action: 'createCustomField', ...subject, after: field });
      return field;
    });
  },

  getCustomField: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findCustomField(tx, tenant.id, params.id)),

  listCustomFields: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findCustomFields(tx, tenant.id, query)),

  changeCustomField: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction((tx) =>
      change(tx, { action: 'changeCustomField', ...params, if_match }, (before) => {
        // JSON has no undefined: a field is there or it was not sent.
        const changes = body as Partial<store.CustomField>;
        requireChoices({ ...before, ...changes });
        return changes;
      }),
    ),

  archiveCustomField: async ({ params, if_match }, { tenant }) =>
    tenant.transaction((tx) =>
      change(tx, { action: 'archiveCustomField', ...params, if_match }, (before) => {
        requireInUse(before);
        return { archived_at: tenant.now() };
      }),
    ),

  restoreCustomField: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      requireRoom(await store.countForUpdate(tx));
      return change(tx, { action: 'restoreCustomField', ...params, if_match }, (before) => {
        requireOutOfUse(before);
        return { archived_at: null };
      });
    }),
};
