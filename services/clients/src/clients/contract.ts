import {
  Email,
  Id,
  IdParams,
  Instant,
  listQuery,
  pageOf,
  prose,
  type Route,
  TimeZone,
  text,
  Version,
  YesOrNo,
} from '@roundhouse/service/contract';
import { Phone } from '@roundhouse/service/phone';
import { z } from 'zod';
import { FieldKey } from '../custom-fields/contract.ts';
import { kinds, statuses } from './states.ts';

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

/** A language, with or without a region, in its canonical form (BCP 47). */
const Locale = z
  .string()
  .max(35)
  .refine(isLocale, 'is not a language tag such as en-US')
  .meta({ examples: ['en-US'] });

const Value = z.union([prose(1_000), z.number(), z.boolean()]);

const names = {
  kind: z.enum(kinds),
  first_name: text(100).nullable(),
  last_name: text(100).nullable(),
  company_name: text(200).nullable(),
};

const fields = {
  name: text(200),
  email: Email.nullable(),
  phone: Phone.nullable(),
  time_zone: TimeZone,
  locale: Locale.nullable(),
  /** Under which the business' own books know the client; no two clients share one. */
  external_id: text(100).nullable(),
  tags: z.array(text(50)).max(50),
};

export const Client = z
  .object({
    id: Id,
    version: Version,
    ...names,
    ...fields,
    custom_fields: z.record(FieldKey, Value),
    status: z.enum(statuses),
    archived_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Client' });

/** By merge patch (RFC 7396): what is not named stays, null takes away. */
const customChanges = z.record(FieldKey, Value.nullable());

/** Takes the client though another one has its e-mail or phone. */
const allow_duplicate = z.boolean().default(false);

const EXAMPLE = '019a6f5e-0000-7000-8000-000000000002';
/** Clients that have the same e-mail or phone, or have a contact that does. */
const Duplicates = z
  .object({
    existing: z.array(z.object({ id: Id, name: z.string(), match: z.enum(['email', 'phone']) })),
  })
  .meta({
    examples: [{ existing: [{ id: EXAMPLE, name: 'Riverside High School', match: 'email' }] }],
  });
/** What the refusal `client_duplicate` tells besides what every problem does. */
export const duplicateMembers = { client_duplicate: Duplicates };

/** Where a client lives on that is no more: what the refusal `client_merged` tells. */
const Survivor = z.object({ merged_into: Id }).meta({ examples: [{ merged_into: EXAMPLE }] });

export const clientRoutes = {
  createClient: {
    method: 'post',
    path: '/clients',
    summary: 'Enter a client',
    permission: 'clients:write',
    body: z.strictObject({
      kind: names.kind.optional(),
      /** What is shown; made of the other names when not given. */
      name: fields.name.optional(),
      first_name: names.first_name.default(null),
      last_name: names.last_name.default(null),
      company_name: names.company_name.default(null),
      email: fields.email.default(null),
      phone: fields.phone.default(null),
      /** The business' own when not given. */
      time_zone: TimeZone.optional(),
      locale: fields.locale.default(null),
      external_id: fields.external_id.default(null),
      tags: fields.tags.default([]),
      custom_fields: z.record(FieldKey, Value).default({}),
      allow_duplicate,
    }),
    status: 201,
    response: Client,
    errors: { client_duplicate: 409, external_id_taken: 409 },
    members: duplicateMembers,
  },
  getClient: {
    method: 'get',
    path: '/clients/:id',
    summary: 'Read a client',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: Client,
    errors: { client_merged: 404, client_erased: 404 },
    members: { client_merged: Survivor },
  },
  listClients: {
    method: 'get',
    path: '/clients',
    summary: 'List or search the clients; a page may be short: go on while next_cursor is not null',
    permission: 'clients:read',
    query: listQuery([
      '-created_at',
      'created_at',
      'name',
      '-name',
      'updated_at',
      '-updated_at',
    ]).extend({
      /** Words, or their beginnings: of names, e-mails, phones in any format, external ids. */
      q: text(100).optional(),
      status: z.enum(statuses).optional(),
      kind: z.enum(kinds).optional(),
      tag: text(50).optional(),
      external_id: text(100).optional(),
      has_email: YesOrNo.optional(),
      /** `true` lists the archived ones, and them alone. */
      archived: YesOrNo.default('false'),
      created_from: Instant.optional(),
      /** Before this instant. */
      created_to: Instant.optional(),
    }),
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
      .strictObject({
        ...names,
        ...fields,
        custom_fields: customChanges,
        status: z.enum(statuses),
        allow_duplicate: z.boolean(),
      })
      .partial()
      .refine(
        ({ allow_duplicate: _, ...changes }) => Object.keys(changes).length > 0,
        'names nothing to change',
      ),
    conditional: true,
    status: 200,
    response: Client,
    errors: { client_duplicate: 409, external_id_taken: 409, client_archived: 409 },
    members: duplicateMembers,
  },
  archiveClient: {
    method: 'post',
    path: '/clients/:id/archive',
    summary: 'Take a client out of the lists; nothing of it is lost',
    permission: 'clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Client,
    errors: { client_archived: 409 },
  },
  restoreClient: {
    method: 'post',
    path: '/clients/:id/restore',
    summary: 'Bring an archived client back',
    permission: 'clients:write',
    params: IdParams,
    body: z.strictObject({ allow_duplicate }),
    conditional: true,
    status: 200,
    response: Client,
    errors: { client_not_archived: 409, client_duplicate: 409 },
    members: duplicateMembers,
  },
  listTags: {
    method: 'get',
    path: '/tags',
    summary: 'List the tags that clients carry',
    permission: 'clients:read',
    query: listQuery(['key']),
    status: 200,
    response: pageOf(z.object({ id: Id, name: z.string() }).meta({ id: 'Tag' })),
  },
} as const satisfies Record<string, Route>;
