import type { Address } from '../addresses/store.ts';
import type { Client } from '../clients/store.ts';
import type { Contact } from '../contacts/store.ts';
import type { Definition } from '../custom-fields/custom-field.ts';
import {
  addressColumns,
  type Cells,
  clientColumns,
  contactColumns,
  customColumn,
  joined,
  timeColumns,
} from './columns.ts';

/** The head of an exported table. */
export const exportHead = (fields: readonly Definition[]): string[] => [
  ...clientColumns,
  ...timeColumns,
  ...fields.map(({ key }) => customColumn(key)),
  ...contactColumns,
  ...addressColumns,
];

function contactCells({ name, roles, email, phone }: Contact): Cells {
  return {
    'contact.name': name,
    'contact.roles': joined(roles),
    'contact.email': email ?? '',
    'contact.phone': phone ?? '',
  };
}

function addressCells(address: Address): Cells {
  const { lines, latitude, longitude, ...rest } = address;
  return {
    ...Object.fromEntries(lines.map((line, at) => [`address.line_${at + 1}`, line])),
    'address.label': rest.label ?? '',
    'address.city': rest.city,
    'address.region': rest.region ?? '',
    'address.postal_code': rest.postal_code ?? '',
    'address.country': rest.country,
    'address.latitude': String(latitude ?? ''),
    'address.longitude': String(longitude ?? ''),
    'address.time_zone': rest.time_zone ?? '',
  };
}

function clientCells(client: Client): Cells {
  const { tags, custom_fields, created_at, updated_at, ...rest } = client;
  const plain = Object.entries(rest).map(([column, value]) => [column, String(value ?? '')]);
  const custom = Object.entries(custom_fields).map(([key, value]) => [
    customColumn(key),
    String(value),
  ]);
  return {
    ...Object.fromEntries([...plain, ...custom]),
    tags: joined(tags),
    created_at: String(created_at),
    updated_at: String(updated_at),
  };
}

/** A client with a contact and an address as one row of the table. */
export function exportRow(
  head: readonly string[],
  of: { client: Client; contact?: Contact | undefined; address?: Address | undefined },
): string[] {
  const cells = {
    ...clientCells(of.client),
    ...(of.contact === undefined ? {} : contactCells(of.contact)),
    ...(of.address === undefined ? {} : addressCells(of.address)),
  };
  return head.map((column) => cells[column] ?? '');
}
