import {
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  type Route,
  text,
  Version,
} from '@roundhouse/service/contract';
import { z } from 'zod';
import { fieldTypes } from './states.ts';

/** Under which a value is kept with each client: it never changes. */
export const FieldKey = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'is to be a key such as fleet_size')
  .meta({ examples: ['fleet_size'] });

const choices = z
  .array(text(100))
  .max(100)
  .refine((all) => new Set(all).size === all.length, 'names a choice twice');

const CustomField = z
  .object({
    id: Id,
    version: Version,
    key: FieldKey,
    label: z.string(),
    type: z.enum(fieldTypes),
    required: z.boolean(),
    choices: z.array(z.string()),
    archived_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'CustomField' });

export const customFieldRoutes = {
  createCustomField: {
    method: 'post',
    path: '/custom-fields',
    summary: 'Define a field of the business for its clients',
    permission: 'custom_fields:write',
    body: z.strictObject({
      key: FieldKey,
      label: text(100),
      type: z.enum(fieldTypes),
      required: z.boolean().default(false),
      /** Of a `choice`, and of nothing else. */
      choices: choices.default([]),
    }),
    status: 201,
    response: CustomField,
    errors: { custom_field_taken: 409, too_many_custom_fields: 409 },
  },
  getCustomField: {
    method: 'get',
    path: '/custom-fields/:id',
    summary: 'Read the definition of a field',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: CustomField,
  },
  listCustomFields: {
    method: 'get',
    path: '/custom-fields',
    summary: 'List the fields of the business, the archived ones too',
    permission: 'clients:read',
    query: listQuery(['created_at', '-created_at']),
    status: 200,
    response: pageOf(CustomField),
  },
  changeCustomField: {
    method: 'patch',
    path: '/custom-fields/:id',
    summary: 'Change a field; its key and its type stay for good',
    permission: 'custom_fields:write',
    params: IdParams,
    body: z
      .strictObject({ label: text(100), required: z.boolean(), choices })
      .partial()
      .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'),
    conditional: true,
    status: 200,
    response: CustomField,
  },
  archiveCustomField: {
    method: 'post',
    path: '/custom-fields/:id/archive',
    summary: 'Ask for a field no more; what clients have of it stays',
    permission: 'custom_fields:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: CustomField,
    errors: { custom_field_archived: 409 },
  },
  restoreCustomField: {
    method: 'post',
    path: '/custom-fields/:id/restore',
    summary: 'Ask for an archived field again',
    permission: 'custom_fields:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: CustomField,
    errors: { custom_field_not_archived: 409, too_many_custom_fields: 409 },
  },
} as const satisfies Record<string, Route>;
