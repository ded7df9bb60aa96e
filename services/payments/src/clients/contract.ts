import { Id, IdParams, Instant, type Route } from '@roundhouse/service/contract';
import { z } from 'zod';

export const BillTo = z.object({
  client_id: Id,
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});

export const clientRoutes = {
  getPersonalDataOfPayments: {
    method: 'get',
    path: '/clients/:id/personal-data',
    summary: 'What is kept here of a client: to whom its schedules and invoices are',
    permission: 'personal_data:read',
    params: IdParams,
    status: 200,
    response: z
      .object({
        schedules: z.array(
          z.object({ id: Id, booking_id: Id, contact: BillTo, created_at: Instant }),
        ),
        invoices: z.array(
          z.object({ id: Id, number: z.string(), bill_to: BillTo, issued_at: Instant }),
        ),
      })
      .meta({ id: 'PersonalDataOfPayments' }),
  },
} as const satisfies Record<string, Route>;
