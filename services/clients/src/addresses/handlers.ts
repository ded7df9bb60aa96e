import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Handlers } from '@roundhouse/service';
import { requireLive } from '../clients/client.ts';
import { yieldPrimary } from '../clients/primary-store.ts';
import type { contract } from '../contract.ts';
import { placeOf, requireArchivedAddress, requireLiveAddress } from './address.ts';
import type { addressRoutes } from './contract.ts';
import { addressUses } from './states.ts';
import * as store from './store.ts';

type Shown = Omit<store.Address, 'access_notes'>;

/** The code of a gate is in no audit row and in no stored answer: there is where it is read. */
const shown = ({ access_notes: _, ...address }: store.Address): Shown => address;

function note(
  tx: TenantTransaction,
  action: string,
  after: store.Address,
  before?: store.Address,
): Shown {
  const subject = { subject_type: 'address', subject_id: after.id };
  const changed = { access_notes_changed: after.access_notes !== (before?.access_notes ?? null) };
  audit(tx, {
    action,
    ...subject,
    before: before && shown(before),
    after: { ...shown(after), ...changed },
  });
  return shown(after);
}

const changedNow = (tx: TenantTransaction, before: store.Address) => ({
  version: before.version + 1,
  updated_at: tx.tenant.now(),
});

export const addressHandlers: Pick<Handlers<typeof contract>, keyof typeof addressRoutes> = {
  createAddress: async ({ params, body }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { id, client, primaries } = await store.prepareAddress(tx, params.id);
      requireLive(client);
      const taken: string[] = primaries.flatMap(({ primary_for }) => primary_for);
      const address = {
        ...body,
        ...placeOf(body),
        id,
        client_id: client.id,
        version: 1,
        // Where nobody says otherwise, the first address is the primary one.
        primary_for: body.primary_for ?? addressUses.filter((use) => !taken.includes(use)),
        has_access_notes: body.access_notes !== null,
        archived_at: null,
        created_at: tenant.now(),
        updated_at: tenant.now(),
      };
      yieldPrimary(tx, { subject_type: 'address', to: address, primaries });
      store.insertAddress(tx, address);
      return note(tx, 'createAddress', address);
    }),

  listAddresses: async ({ params, query }, { tenant }) =>
    tenant.read((tx) =>
      store.findAddresses(tx, { tenant_id: tenant.id, client_id: params.id }, query),
    ),

  getAddress: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findAddress(tx, tenant.id, params.id)),

  changeAddress: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client, address: before, primaries } = await store.lockAddress(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(client);
      requireLiveAddress(before);
      // JSON has no undefined: a field is there or it was not sent.
      const merged = { ...before, ...(body as Partial<store.Address>), ...changedNow(tx, before) };
      const has_access_notes = merged.access_notes !== null;
      const after = { ...merged, ...placeOf(merged), has_access_notes };
      yieldPrimary(tx, { subject_type: 'address', to: after, primaries });
      store.updateAddress(tx, after);
      return note(tx, 'changeAddress', after, before);
    }),

  archiveAddress: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client, address: before } = await store.lockAddress(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(client);
      requireLiveAddress(before);
      const changed = { archived_at: tenant.now(), primary_for: [] };
      const after = { ...before, ...changed, ...changedNow(tx, before) };
      store.updateAddress(tx, after);
      return note(tx, 'archiveAddress', after, before);
    }),

  restoreAddress: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { client, address: before } = await store.lockAddress(tx, params.id);
      requireVersion(before.version, if_match);
      requireLive(client);
      requireArchivedAddress(before);
      const after = { ...before, archived_at: null, ...changedNow(tx, before) };
      store.updateAddress(tx, after);
      return note(tx, 'restoreAddress', after, before);
    }),
};
