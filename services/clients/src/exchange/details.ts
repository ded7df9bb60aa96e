import { placeOf } from '../addresses/address.ts';
import { addressUses } from '../addresses/states.ts';
import type { Address } from '../addresses/store.ts';
import { firstOfItsRoles } from '../contacts/contact.ts';
import type { Contact } from '../contacts/store.ts';

export type Place = Pick<
  Address,
  | 'label'
  | 'lines'
  | 'city'
  | 'region'
  | 'postal_code'
  | 'country'
  | 'latitude'
  | 'longitude'
  | 'time_zone'
>;
export type Person = Pick<Contact, 'name' | 'roles' | 'email' | 'phone'>;

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** By what somebody, or a place, is known again. */
const personKey = ({ name, email, phone }: Person) => [name, email, phone];
const placeKey = ({ lines, city, region, postal_code, country }: Place) => [
  lines,
  city,
  region,
  postal_code,
  country,
];

interface Added {
  contacts: Contact[];
  addresses: Address[];
}

/** The contacts and addresses of clients, and those that a table adds to them. */
export class Details {
  readonly #contacts: Map<string, Contact[]>;
  readonly #addresses: Map<string, Address[]>;
  readonly #newId: () => string;
  readonly #added: Added;

  constructor(known: Added, newId: () => string, added: Added) {
    this.#contacts = Map.groupBy(known.contacts, ({ client_id }) => client_id);
    this.#addresses = Map.groupBy(known.addresses, ({ client_id }) => client_id);
    this.#newId = newId;
    this.#added = added;
  }

  /** Adds what the client does not have the same of; says whether there was any. */
  add(
    { contact, address }: { contact?: Person | undefined; address?: Place | undefined },
    client_id: string,
    now: Temporal.Instant,
  ): boolean {
    const base = { client_id, version: 1, archived_at: null, created_at: now, updated_at: now };
    const contacts = this.#contacts.get(client_id) ?? [];
    const places = this.#addresses.get(client_id) ?? [];
    const adds_contact =
      contact !== undefined &&
      !contacts.some((other) => isSame(personKey(other), personKey(contact)));
    if (adds_contact) {
      const taken = contacts.flatMap(({ primary_for }) => primary_for);
      const primary_for = firstOfItsRoles(contact.roles, taken) as Contact['primary_for'];
      const own = { id: this.#newId(), primary_for, preferred_channel: null };
      this.#added.contacts.push({ ...base, ...contact, ...own });
    }
    const adds_address =
      address !== undefined && !places.some((other) => isSame(placeKey(other), placeKey(address)));
    if (adds_address) {
      const taken = places.flatMap(({ primary_for }) => primary_for);
      const primary_for = addressUses.filter((use) => !taken.includes(use));
      const own = { id: this.#newId(), primary_for, access_notes: null, has_access_notes: false };
      this.#added.addresses.push({ ...base, ...address, ...placeOf(address), ...own });
    }
    return adds_contact || adds_address;
  }
}
