import {
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
import { z } from 'zod';
import { addressUses, countries } from './states.ts';

const fields = {
  /** What the business calls the place, such as `Depot` or `Back gate`. */
  label: text(100).nullable(),
  lines: z.array(text(200)).min(1).max(4),
  city: text(100),
  /** State, province or county, as the country has it. */
  region: text(100).nullable(),
  postal_code: text(20).nullable(),
  country: z.enum(countries as [string, ...string[]]).meta({ examples: ['US'] }),
  /** WGS 84, in degrees; rounded to six decimals, a tenth of a meter. */
  latitude: z.number().min(-90).max(90).nullable(),
  longitude: z.number().min(-180).max(180).nullable(),
  time_zone: TimeZone.nullable(),
};

/** Takes the place of whichever was the primary one. */
const primary_for = z
  .array(z.enum(addressUses))
  .max(addressUses.length)
  .refine((uses) => new Set(uses).size === uses.length, 'names a use twice');

/** A gate's code, where the key lies: for who reads clients alone, and one address at a time. */
const access_notes = prose(2_000).nullable();

const address = z.object({
  id: Id,
  client_id: Id,
  version: Version,
  ...fields,
  primary_for,
  has_access_notes: z.boolean(),
  archived_at: Instant.nullable(),
  created_at: Instant,
  updated_at: Instant,
});
const Address = address.meta({ id: 'Address' });
export const AddressWithAccess = address.extend({ access_notes }).meta({ id: 'AddressWithAccess' });

export const addressRoutes = {
  createAddress: {
    method: 'post',
    path: '/clients/:id/addresses',
    summary: 'Add a place of the client',
    permission: 'clients:write',
    params: IdParams,
    body: z.strictObject({
      label: fields.label.default(null),
      lines: fields.lines,
      city: fields.city,
      region: fields.region.default(null),
      postal_code: fields.postal_code.default(null),
      country: fields.country,
      latitude: fields.latitude.default(null),
      longitude: fields.longitude.default(null),
      time_zone: fields.time_zone.default(null),
      access_notes: access_notes.default(null),
      /** Whatever the client has no primary address for yet, when not given. */
      primary_for: primary_for.optional(),
    }),
    status: 201,
    response: Address,
    errors: { client_archived: 409 },
  },
  listAddresses: {
    method: 'get',
    path: '/clients/:id/addresses',
    summary: "List a client's addresses, without their access notes",
    permission: 'clients:read',
    params: IdParams,
    query: listQuery(['created_at', '-created_at']).extend({
      archived: YesOrNo.default('false'),
    }),
    status: 200,
    response: pageOf(Address),
  },
  getAddress: {
    method: 'get',
    path: '/addresses/:id',
    summary: 'Read an address with its access notes',
    permission: 'clients:read',
    params: IdParams,
    status: 200,
    response: AddressWithAccess,
  },
  changeAddress: {
    method: 'patch',
    path: '/addresses/:id',
    summary: 'Change an address: only the fields that are sent',
    permission: 'clients:write',
    params: IdParams,
    body: z
      .strictObject({ ...fields, access_notes, primary_for })
      .partial()
      .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'),
    conditional: true,
    status: 200,
    response: Address,
    errors: { address_archived: 409, client_archived: 409 },
  },
  archiveAddress: {
    method: 'post',
    path: '/addresses/:id/archive',
    summary: 'Take an address out of use; it is primary for nothing any more',
    permission: 'clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Address,
    errors: { address_archived: 409, client_archived: 409 },
  },
  restoreAddress: {
    method: 'post',
    path: '/addresses/:id/restore',
    summary: 'Bring an archived address back',
    permission: 'clients:write',
    params: IdParams,
    conditional: true,
    status: 200,
    response: Address,
    errors: { address_not_archived: 409, client_archived: 409 },
  },
} as const satisfies Record<string, Route>;
