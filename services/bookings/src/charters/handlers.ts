import type { contract as clientsContract } from '@roundhouse/clients/contract';
import { audit, type Tenant, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Context, Handlers } from '@roundhouse/service';
import type { Client as CallsTo } from '@roundhouse/service/client';
import { type SettingsOwner, tenantSettings } from '@roundhouse/service/tenant-settings';
import type { contract } from '../contract.ts';
import { CharterCanceled, CharterCompleted, CharterRequested } from '../events.ts';
import { type VehicleType, vehicleTypesByCode } from '../resources/store.ts';
import { move, requireBookable, requireSeats } from './charter.ts';
import { type ClientCopy, clientById, fetchClient } from './client-copy.ts';
import { clearIfErased } from './erasure-store.ts';
import { plan } from './itinerary.ts';
import type { CharterStatus } from './states.ts';
import * as store from './store.ts';

export interface CharterDependencies {
  auth: SettingsOwner;
  clients: Pick<CallsTo<typeof clientsContract>, 'getClient'>;
}

type Names =
  | 'createCharter'
  | 'getCharter'
  | 'listCharters'
  | 'startCharter'
  | 'completeCharter'
  | 'cancelCharter';

interface Move {
  id: string;
  if_match: number | undefined;
  to: CharterStatus;
  /** The operation, for the audit trail. */
  action: string;
  /** What else belongs to the move, in its transaction. */
  announce?: (tx: TenantTransaction, after: store.Charter) => void;
  /** What the charter loses by it. */
  clear?: typeof clearIfErased;
}

/** One change of status: lock, decide, write, note and announce. */
async function moveCharter(tenant: Tenant, wanted: Move) {
  const { id, if_match, to, action, announce, clear } = wanted;
  return tenant.transaction(async (tx) => {
    const before = await store.lockCharter(tx, id);
    requireVersion(before.version, if_match);
    const after = move(before, to, tenant.now());
    store.updateStatus(tx, after);
    announce?.(tx, after);
    const subject = { subject_type: 'charter', subject_id: id };
    audit(tx, { action, ...subject, before: { status: before.status }, after: { status: to } });
    return (await clear?.(tx, id)) ?? after;
  });
}

export function charterHandlers({
  auth,
  clients,
}: CharterDependencies): Pick<Handlers<typeof contract>, Names> {
  /** The client and the vehicle types of an inquiry, in one trip where both are known here. */
  const partiesOf = async (context: Context, client_id: string, codes: string[]) => {
    const { tenant, caller, request_id } = context;
    const [copies, types] = await tenant.read((tx) =>
      tx.queries<[ClientCopy[], VehicleType[]]>([
        clientById(tenant.id, client_id),
        vehicleTypesByCode(tenant.id, codes),
      ]),
    );
    const ask = () =>
      clients.getClient({ params: { id: client_id } }, { token: caller.token, request_id });
    return { client: copies[0] ?? (await fetchClient(tenant, ask)), types };
  };

  return {
    createCharter: async ({ body }, context) => {
      const { tenant } = context;
      const { passengers, vehicles, notes } = body;
      const itinerary = plan(body.stops);
      const codes = vehicles.map(({ vehicle_type }) => vehicle_type);
      const { client: found, types } = await partiesOf(context, body.client_id, codes);
      requireBookable(found);
      requireSeats(vehicles, passengers, types);
      // Fills the copy, which the public quote shows the name of the business from.
      await tenantSettings(context, auth);
      return tenant.transaction(async (tx) => {
        const wanted = { client_id: body.client_id, passengers, vehicles, notes, ...itinerary };
        const { charter, client } = await store.insertCharter(tx, wanted);
        const { id: client_id, name, email, phone } = requireBookable(client);
        const { id: charter_id, version, starts_at, ends_at } = charter;
        const contact = { client_id, name, email, phone };
        const data = { charter_id, version, contact, starts_at, ends_at, passengers };
        publish(tx, CharterRequested, charter_id, data);
        const subject = { subject_type: 'charter', subject_id: charter_id };
        audit(tx, { action: 'createCharter', ...subject, after: { status: charter.status } });
        return charter;
      });
    },

    getCharter: async ({ params }, { tenant }) =>
      tenant.read((tx) => store.findCharter(tx, tenant.id, params.id)),

    listCharters: async ({ query }, { tenant }) =>
      tenant.read((tx) => store.findCharters(tx, tenant.id, query)),

    startCharter: async ({ params, if_match }, { tenant }) =>
      moveCharter(tenant, { ...params, if_match, to: 'in_progress', action: 'startCharter' }),

    completeCharter: async ({ params, if_match }, { tenant }) =>
      moveCharter(tenant, {
        ...params,
        if_match,
        to: 'completed',
        action: 'completeCharter',
        announce: (tx, { id: charter_id, version, updated_at: completed_at }) =>
          publish(tx, CharterCompleted, charter_id, { charter_id, version, completed_at }),
        clear: clearIfErased,
      }),

    cancelCharter: async ({ params, body, if_match }, { tenant }) =>
      moveCharter(tenant, {
        ...params,
        if_match,
        to: 'canceled',
        action: 'cancelCharter',
        clear: clearIfErased,
        announce: (tx, { id: charter_id, version, updated_at: canceled_at }) =>
          publish(tx, CharterCanceled, charter_id, { charter_id, version, canceled_at, ...body }),
      }),
  };
}
