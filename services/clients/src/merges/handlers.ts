import { audit, type TenantTransaction } from '@roundhouse/database';
import { requireVersion } from '@roundhouse/errors';
import { publish } from '@roundhouse/events';
import type { Handlers } from '@roundhouse/service';
import { requireLive } from '../clients/client.ts';
import type { Contact } from '../contacts/store.ts';
import type { contract } from '../contract.ts';
import { ClientMerged } from '../events.ts';
import type { mergeRoutes } from './contract.ts';
import { type Merged, merge, requireTwo } from './merge.ts';
import * as store from './store.ts';

/** Through whom the client is reached by the e-mail or phone that lost. */
const contactOf = (tx: TenantTransaction, pair: store.Pair, reach: Merged['reach']) =>
  reach && {
    ...reach,
    id: pair.contact_id,
    client_id: pair.kept.id,
    version: 1,
    roles: ['booking'] satisfies Contact['roles'],
    primary_for: [],
    preferred_channel: null,
    archived_at: null,
    created_at: tx.tenant.now(),
    updated_at: tx.tenant.now(),
  };

/** The trail of either client tells of it, with all that was of the one that is gone. */
function note(tx: TenantTransaction, pair: store.Pair, outcome: store.Outcome): void {
  const { kept, gone, contact } = outcome;
  const action = 'mergeClients';
  const of = (id: string) => ({ action, subject_type: 'client', subject_id: id });
  const { moving: moved } = pair;
  audit(tx, { ...of(kept.id), before: pair.kept, after: { ...kept, merged_id: gone.id, moved } });
  audit(tx, { ...of(gone.id), before: pair.other, after: { merged_into: kept.id, moved } });
  if (contact === undefined) return;
  audit(tx, { action, subject_type: 'contact', subject_id: contact.id, after: contact });
}

export const mergeHandlers: Pick<Handlers<typeof contract>, keyof typeof mergeRoutes> = {
  mergeClients: async ({ params, body, if_match }, { tenant }) =>
    tenant.transaction(async (tx) => {
      const { other_id, other_version, take, dry_run } = body;
      requireTwo(params.id, other_id);
      const pair = await store.lockPair(tx, params.id, other_id);
      requireVersion(pair.kept.version, if_match);
      requireVersion(pair.other.version, other_version);
      requireLive(pair.kept);
      const { kept, gone, left, reach } = merge(pair.kept, pair.other, { take, now: tenant.now() });
      const contact = contactOf(tx, pair, reach);
      if (!dry_run) {
        const outcome = { kept, gone, contact };
        store.saveMerge(tx, pair, outcome);
        const facts = { ...kept, merged_id: gone.id, merged_version: gone.version };
        publish(tx, ClientMerged, kept.id, facts);
        note(tx, pair, outcome);
      }
      const { contacts, addresses, notes } = pair.moving;
      const moved = {
        contacts: contacts.length,
        addresses: addresses.length,
        notes: notes.length,
        contacts_added: contact === undefined ? 0 : 1,
      };
      const { version } = dry_run ? pair.kept : kept;
      return { dry_run, version, client: kept, merged_id: gone.id, left, moved };
    }),
};
