import { Id, IdParams, Instant, type Route, Version } from '@roundhouse/service/contract';
import { z } from 'zod';
import { AddressWithAccess } from '../addresses/contract.ts';
import { Client } from '../clients/contract.ts';
import { Contact } from '../contacts/contract.ts';
import { Note } from '../notes/contract.ts';
import { erasureReasons } from './states.ts';

const reason = z.enum(erasureReasons);

export const erasureRoutes = {
  getPersonalData: {
    method: 'get',
    path: '/clients/:id/personal-data',
    summary: 'All that is known of a client, archived or not, for whoever it is about',
    permission: 'personal_data:read',
    params: IdParams,
    status: 200,
    response: z
      .object({
        client: Client,
        /** Clients that were merged into it, as they were then. */
        merged: z.array(Client),
        contacts: z.array(Contact),
        addresses: z.array(AddressWithAccess),
        notes: z.array(Note),
      })
      .meta({ id: 'PersonalData' }),
  },
  eraseClient: {
    method: 'post',
    path: '/clients/:id/erase',
    summary: 'Take out for good all that tells of a client: nothing brings it back',
    permission: 'erasures:write',
    params: IdParams,
    body: z.strictObject({
      reason,
      /** The name as it is shown, so that nobody is erased by mistake. */
      confirm_name: z.string().max(200),
    }),
    status: 200,
    response: z
      .object({ id: Id, version: Version, reason, erased_at: Instant })
      .meta({ id: 'Erasure' }),
    errors: { name_differs: 422 },
  },
} as const satisfies Record<string, Route>;
