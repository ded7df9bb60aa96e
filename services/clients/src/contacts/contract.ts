import {
  Email,
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
  YesOrNo,
} from '@roundhouse/service/contract';
import { Phone } from '@roundhouse/service/phone';
import { z } from 'zod';
import { duplicateMembers } from '../clients/contract.ts';
import { channels, contactRoles } from './states.ts';

const Roles = z
  .array(z.enum(contactRoles))
  .max(contactRoles.length)
  .refine((roles) => new Set(roles).size === roles.length, 'names a role twice');

const fields = {
  name: text(200),
  /** For what the client is reached through it: one at least. */
  roles: Roles.min(1),
  email: Email.nullable(),
  phone: Phone.nullable(),
  preferred_channel: z.enum(channels).nullable(),
};

/** Takes the place of whoever was the primary one. */
const primary_for = Roles;

export const Contact = z
  .object({
    id: Id,
    client_id: Id,
    version: Version,
    ...fields,
    primary_for,
    archived_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Contact' });

const allow_duplicate = z.boolean().default(false);

export const contactRoutes = {
  createContact: {
    method: 'post',
    path: '/clients/:id/contacts',
    summary: 'Add somebody through whom the client books, rides or pays',
    permission: 'clients:write',
    params: IdParams,
    body: z.strictObject({
      name: fields.name,
      roles: fields.roles,
      email: fields.email.default(null),
      phone: fields.phone.default(null),
      preferred_channel: fields.preferred_channel.default(null),
      /** The roles in which the client has no primary contact yet, when not given. */
      primary_for: primary_for.optional(),
      allow_duplicate,
    }),
    status: 201,
    response: Contact,
    errors: { client_duplicate: 409, client_archived: 409 },
    members: duplicateMembers,
  },
  listContacts: {
    method: 'get',
    path: '/clients/:id/contacts',
    summary: "List a client's contacts",
    permission: 'clients:read',
    params: IdParams,
    query: listQuery(['created_at', '-created_at']).extend({
      archived: YesOrNo.default('false'),
    }),
    status: 200,
    response: pageOf(Contact),
  },
  getContact: {
    method: 'get',
    path: '/contacts/:id',
    summary: 'Read a contact',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: Contact,
  },
  changeContact: {
    method: 'patch',
    path: '/contacts/:id',
    summary: 'Change a contact: only the fields that are sent',
    permission: 'clients:write',
    params: IdParams,
    body: z
      .strictObject({ ...fields, primary_for, allow_duplicate: z.boolean() })
      .partial()
      .refine(
        ({ allow_duplicate: _, ...changes }) => Object.keys(changes).length > 0,
        'names nothing to change',
      ),
    conditional: true,
    status: 200,
    response: Contact,
    errors: { client_duplicate: 409, contact_archived: 409, client_archived: 409 },
    members: duplicateMembers,
  },
  archiveContact: {
    method: 'post',
    path: '/contacts/:id/archive',
    summary: 'Take a contact out of use; it is primary for nothing any more',
    permission: 'clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Contact,
    errors: { contact_archived: 409, client_archived: 409 },
  },
  restoreContact: {
    method: 'post',
    path: '/contacts/:id/restore',
    summary: 'Bring an archived contact back',
    permission: 'clients:write',
    params: IdParams,
    body: z.strictObject({ allow_duplicate }),
    conditional: true,
    status: 200,
    response: Contact,
    errors: { contact_not_archived: 409, client_duplicate: 409, client_archived: 409 },
    members: duplicateMembers,
  },
} as const satisfies Record<string, Route>;
