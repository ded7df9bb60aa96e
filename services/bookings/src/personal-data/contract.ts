import { Id, IdParams, Instant, type Route } from '@roundhouse/service/contract';
import { z } from 'zod';
import { Charter } from '../charters/contract.ts';
import { Contact, quoteStatus } from '../quotes/contract.ts';

export const personalDataRoutes = {
  getPersonalDataOfBookings: {
    method: 'get',
    path: '/clients/:id/personal-data',
    summary: 'What is kept here of a client: a copy, its trips, and what it agreed to',
    permission: 'personal_data:read',
    params: IdParams,
    status: 200,
    response: z
      .object({
        contact: Contact,
        charters: z.array(Charter),
        /** To whom each was offered, as it was then. */
        quotes: z.array(
          z.object({ id: Id, charter_id: Id, status: quoteStatus, contact: Contact }),
        ),
        acceptances: z.array(
          z.object({
            quote_id: Id,
            name: z.string(),
            accepted_at: Instant,
            address: z.string().nullable(),
            user_agent: z.string().nullable(),
          }),
        ),
      })
      .meta({ id: 'PersonalDataOfBookings' }),
  },
} as const satisfies Record<string, Route>;
