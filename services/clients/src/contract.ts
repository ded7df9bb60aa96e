import {
  auditRoutes,
  defineContract,
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  TimeZone,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';

/** Whether new work may be taken on for the client. */
const statuses = ['active', 'barred'] as const;

const fields = {
  name: text(200),
  email: z.email().max(254).nullable(),
  /** E.164 */
  phone: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'is not a phone number in E.164, such as +12125550123')
    .nullable(),
  time_zone: TimeZone,
};

const Client = z
  .object({
    id: Id,
    version: Version,
    ...fields,
    status: z.enum(statuses),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Client' });

export const contract = defineContract(
  'clients',
  {
    createClient: {
      method: 'post',
      path: '/clients',
      summary: 'Enter a client',
      permission: 'clients:write',
      body: z.strictObject({
        name: fields.name,
        email: fields.email.default(null),
        phone: fields.phone.default(null),
        /** The business' own when not given. */
        time_zone: TimeZone.optional(),
      }),
      status: 201,
      response: Client,
    },
    getClient: {
      method: 'get',
      path: '/clients/:id',
      summary: 'Read a client',
      permission: 'clients:read',
      params: IdParams,
      status: 200,
      response: Client,
    },
    listClients: {
      method: 'get',
      path: '/clients',
      summary: 'List the clients',
      permission: 'clients:read',
      query: listQuery(['-created_at', 'created_at', 'name', '-name']),
      status: 200,
      response: pageOf(Client),
    },
    changeClient: {
      method: 'patch',
      path: '/clients/:id',
      summary: 'Change a client: only the fields that are sent',
      permission: 'clients:write',
      params: IdParams,
      body: z
        .strictObject({ ...fields, status: z.enum(statuses) })
        .partial()
        .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'),
      conditional: true,
      status: 200,
      response: Client,
    },
    ...auditRoutes,
  },
  // Owner and admin may do all; the area is named for whoever looks for it.
  { admin: ['audit:read'] },
);
