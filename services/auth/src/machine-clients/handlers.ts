import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import type { Caller, Handlers } from '@roundhouse/service';
import { may } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';
import { endTokensOfSubject } from '../standings.ts';
import { requireRoom } from '../tenants/plan.ts';
import { change, requireScopes, revoke, rotate } from './machine-client.ts';
import { newSecret } from './secret.ts';
import * as store from './store.ts';

type Names =
  | 'createMachineClient'
  | 'listMachineClients'
  | 'getMachineClient'
  | 'changeMachineClient'
  | 'rotateMachineSecret'
  | 'revokeMachineClient';

const withoutHashes = ({ name, scopes, secret_prefix, revoked_at }: store.MachineClient) => ({
  ...{ name, scopes, secret_prefix, revoked_at },
});

/** Writes a client as it was decided, with the trail, and ends the tokens that tell otherwise. */
function save(
  tx: TenantTransaction,
  action: string,
  { before, after }: { before: store.MachineClient; after: store.MachineClient },
): void {
  if (after === before) return;
  store.updateMachineClient(tx, after);
  const subject = { subject_type: 'machine_client', subject_id: after.id };
  const told = { before: withoutHashes(before), after: withoutHashes(after) };
  audit(tx, { action, ...subject, ...told });
  const { id: subject_id, token_version, revoked_at } = after;
  if (token_version === before.token_version) return;
  const active = revoked_at === null;
  endTokensOfSubject(tx, { subject_id, kind: 'machine', token_version, active });
}

const asFarAs = (caller: Caller) => (permission: `${string}:read` | `${string}:write`) =>
  may(caller, permission);

export const machineClientHandlers: Pick<Handlers<typeof contract>, Names> = {
  createMachineClient: async ({ body }, { tenant, caller }) => {
    requireScopes(body.scopes, asFarAs(caller));
    const { secret, hash: secret_hash, prefix: secret_prefix } = newSecret();
    return tenant.transaction(async (tx) => {
      const { tenant: business, used } = await store.lockPlaces(tx);
      requireRoom(business, 'machine_clients', used);
      const scopes = [...new Set(body.scopes)];
      const { name } = body;
      const made = { name, scopes, secret_hash, secret_prefix, created_by: caller.user_id };
      const client = await store.insertMachineClient(tx, made);
      const subject = { subject_type: 'machine_client', subject_id: client.id };
      audit(tx, { action: 'createMachineClient', ...subject, after: withoutHashes(client) });
      return { ...client, secret };
    });
  },

  listMachineClients: async ({ query }, { tenant }) =>
    tenant.read((tx) => store.findMachineClients(tx, tenant.id, query)),

  getMachineClient: async ({ params }, { tenant }) =>
    tenant.read((tx) => store.findMachineClient(tx, tenant.id, params.id)),

  changeMachineClient: async ({ params, body, if_match }, { tenant, caller }) => {
    // JSON has no undefined: a field is there or it was not sent.
    const changes = body as { name?: string; scopes?: string[] };
    requireScopes(changes.scopes ?? [], asFarAs(caller));
    return tenant.transaction(async (tx) => {
      const before = await store.lockMachineClient(tx, params.id);
      requireVersion(before.version, if_match);
      const after = change(before, changes, tenant.now());
      save(tx, 'changeMachineClient', { before, after });
      return after;
    });
  },

  rotateMachineSecret: async ({ params, body, if_match }, { tenant, caller }) => {
    const { secret, ...drawn } = newSecret();
    return tenant.transaction(async (tx) => {
      const before = await store.lockMachineClient(tx, params.id);
      requireVersion(before.version, if_match);
      // Whoever sees the new secret can do what the client can.
      requireScopes(before.scopes, asFarAs(caller));
      const { overlap_hours } = body;
      const after = rotate(before, drawn, { overlap_hours, now: tenant.now() });
      save(tx, 'rotateMachineSecret', { before, after });
      return { ...after, secret };
    });
  },

  revokeMachineClient: async ({ params, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const before = await store.lockMachineClient(tx, params.id);
      requireVersion(before.version, if_match);
      const after = revoke(before, tenant.now());
      save(tx, 'revokeMachineClient', { before, after });
      return after;
    }),
};
