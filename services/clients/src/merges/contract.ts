import { Id, IdParams, type Route, Version } from '@roundhouse/service/contract';
import { z } from 'zod';
import { Client } from '../clients/contract.ts';
import { mergeFields } from './states.ts';

const count = z.int().min(0);

const Merge = z
  .object({
    /** Of a dry run: all is as it would be, and nothing was changed. */
    dry_run: z.boolean(),
    /** Of the client that stays, as it is stored now. */
    version: Version,
    /** The client that stays. */
    client: Client,
    merged_id: Id,
    /** Values that both had: the one that stayed, and the one that is in the audit trail alone. */
    left: z.array(z.object({ field: z.string(), kept: z.unknown(), left: z.unknown() })),
    /** What the client that stays has more of; a contact more, where an e-mail or phone lost. */
    moved: z.object({ contacts: count, addresses: count, notes: count, contacts_added: count }),
  })
  .meta({ id: 'Merge' });

export const mergeRoutes = {
  mergeClients: {
    method: 'post',
    path: '/clients/:id/merge',
    summary: 'Merge another client into this one, which takes over all that it lacks',
    permission: 'merges:write',
    params: IdParams,
    body: z.strictObject({
      /** The client that is gone afterwards. */
      other_id: Id,
      /** Its version that was seen; another one is refused. */
      other_version: Version.optional(),
      /** What is taken from the other client, though this one has a value of its own. */
      take: z.array(z.enum(mergeFields)).max(mergeFields.length).default([]),
      /** `true` says what would become of the two, and changes nothing. */
      dry_run: z.boolean().default(false),
    }),
    conditional: true,
    status: 200,
    response: Merge,
    errors: {
      client_archived: 409,
      tags_too_many: 409,
      merge_with_itself: 422,
      client_unknown: 422,
    },
  },
} as const satisfies Record<string, Route>;
