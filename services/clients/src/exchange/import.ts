import { DomainError } from '@roundhouse/errors';
import type { Address } from '../addresses/store.ts';
import { distinctTags, namesOf, renamed } from '../clients/client.ts';
import type { Client } from '../clients/store.ts';
import type { Contact } from '../contacts/store.ts';
import {
  type CustomChanges,
  type Definition,
  setCustomValues,
} from '../custom-fields/custom-field.ts';
import { emailTerm, phoneTerm } from '../search/terms.ts';
import { Details, type Person, type Place } from './details.ts';
import type { actions, onDuplicate } from './states.ts';

export interface RowFault {
  line: number;
  column: string;
  code: string;
  detail: string;
}

type ClientFields = Omit<
  Client,
  'id' | 'version' | 'custom_fields' | 'archived_at' | 'created_at' | 'updated_at'
>;
/** A row that is well-formed: what its cells say, and nothing of what is empty. */
export interface SentRow {
  line: number;
  id?: string | undefined;
  client: { [Field in keyof ClientFields]?: ClientFields[Field] | undefined };
  custom: CustomChanges;
  contact?: Person | undefined;
  address?: Place | undefined;
}

/** Of the clients that are here, those that the rows may be about. */
export interface Known {
  clients: Client[];
  contacts: Contact[];
  addresses: Address[];
  /** By e-mail or phone term, who has it. */
  owners: Map<string, string[]>;
  /** Those that were merged or erased. */
  gone: Set<string>;
  fields: Definition[];
  time_zone: string;
  now: Temporal.Instant;
  on_duplicate: (typeof onDuplicate)[number];
}

export interface Outcome {
  line: number;
  id: string;
  action: (typeof actions)[number];
}

export interface ImportPlan {
  faults: RowFault[];
  outcomes: Outcome[];
  created: Client[];
  updated: { before: Client; after: Client }[];
  contacts: Contact[];
  addresses: Address[];
}

class RowRefusal extends Error {
  readonly faults: Omit<RowFault, 'line'>[];
  constructor(...faults: Omit<RowFault, 'line'>[]) {
    super(faults[0]?.detail);
    this.faults = faults;
  }
}

const refused = (column: string, code: string, detail: string) =>
  new RowRefusal({ column, code, detail });

/** By what a row may be somebody who is here already, with the column that says it. */
function reachOf({ client, contact }: SentRow): { column: string; term: string }[] {
  const of = (column: string, term: string | null | undefined) => (term ? [{ column, term }] : []);
  return [
    ...of('email', client.email && emailTerm(client.email)),
    ...of('phone', client.phone && phoneTerm(client.phone)),
    ...of('contact.email', contact?.email && emailTerm(contact.email)),
    ...of('contact.phone', contact?.phone && phoneTerm(contact.phone)),
  ];
}

export const termsOf = (row: SentRow): string[] => reachOf(row).map(({ term }) => term);

const COLUMN_OF: Record<string, string> = {
  '/latitude': 'address.latitude',
  '/longitude': 'address.longitude',
};

/** The refusal of a rule, as one of the row's cells. */
function asRowRefusal(error: unknown): RowRefusal {
  if (error instanceof RowRefusal) return error;
  if (!(error instanceof DomainError)) throw error;
  const { errors } = error.extras;
  const faults = (errors ?? [{ pointer: '/name', code: error.code, detail: error.message }]).map(
    ({ pointer, code, detail }) => ({
      column: COLUMN_OF[pointer] ?? pointer.slice(1).replace(/^custom_fields\//, 'custom.'),
      code,
      detail,
    }),
  );
  return new RowRefusal(...faults);
}

/**
 * Decides what becomes of each row, one after the other: a row sees what the rows before it made.
 * Nothing is taken away: an empty cell says nothing, and a contact or an address that the client
 * does not have yet is added.
 */
export class Importer {
  readonly plan: ImportPlan = {
    faults: [],
    outcomes: [],
    created: [],
    updated: [],
    contacts: [],
    addresses: [],
  };
  readonly #known: Known;
  readonly #newId: () => string;
  readonly #clients: Map<string, Client>;
  readonly #byExternalId: Map<string, string>;
  readonly #details: Details;
  /** By client and by e-mail or phone: the line that spoke of it. */
  readonly #lines = new Map<string, number>();

  constructor(known: Known, newId: () => string) {
    this.#known = known;
    this.#newId = newId;
    this.#clients = new Map(known.clients.map((client) => [client.id, client]));
    this.#byExternalId = new Map(
      known.clients.flatMap(({ id, external_id }) => (external_id ? [[external_id, id]] : [])),
    );
    this.#details = new Details(known, newId, this.plan);
  }

  take(row: SentRow): void {
    const { line } = row;
    try {
      const outcome = this.#decide(row);
      this.plan.outcomes.push({ line, ...outcome });
    } catch (error) {
      this.plan.faults.push(...asRowRefusal(error).faults.map((fault) => ({ line, ...fault })));
    }
  }

  #decide(row: SentRow): Omit<Outcome, 'line'> {
    const named = this.#namedClient(row);
    if (named !== undefined && this.#known.gone.has(named.id)) {
      const column = row.id === undefined ? 'external_id' : 'id';
      throw refused(column, 'client_gone', 'This client was merged into another one, or erased.');
    }
    const reach = this.#newReach(row, named);
    const others = this.#ownersOf(reach);
    if (others.length > 0) return this.#decideDuplicate(row, named, others);
    const columns = new Map(reach.map(({ column, term }) => [term, column]));
    for (const [term, column] of columns) this.#once(term, column, row.line);
    return named === undefined ? this.#create(row) : this.#update(row, named);
  }

  /** The client that the row names by its id or the business' own. */
  #namedClient({ id, client }: SentRow): Client | undefined {
    const { external_id } = client;
    const owner = external_id ? this.#byExternalId.get(external_id) : undefined;
    if (id === undefined) return owner === undefined ? undefined : this.#clients.get(owner);
    const found = this.#clients.get(id);
    if (found === undefined) throw refused('id', 'not_found', 'There is no client with this id.');
    if (owner !== undefined && owner !== id) {
      throw refused('external_id', 'external_id_taken', 'Another client has this external id.');
    }
    return found;
  }

  /** What the client has already was allowed once, and is not asked again. */
  #newReach(row: SentRow, named: Client | undefined): { column: string; term: string }[] {
    const isOwn = (term: string) =>
      named !== undefined && (this.#known.owners.get(term) ?? []).includes(named.id);
    return reachOf(row).filter(({ term }) => !isOwn(term));
  }

  #ownersOf(reach: { column: string; term: string }[]): { id: string; column: string }[] {
    return reach.flatMap(({ column, term }) =>
      (this.#known.owners.get(term) ?? []).map((id) => ({ id, column })),
    );
  }

  #decideDuplicate(
    row: SentRow,
    named: Client | undefined,
    others: { id: string; column: string }[],
  ): Omit<Outcome, 'line'> {
    const ids = [...new Set(others.map(({ id }) => id))];
    const [{ id, column }] = others as [{ id: string; column: string }];
    const { on_duplicate } = this.#known;
    if (on_duplicate === 'skip') return { id: named?.id ?? id, action: 'skipped' };
    if (on_duplicate === 'error' || named !== undefined) {
      throw refused(column, 'client_duplicate', `The client ${id} has it already.`);
    }
    if (ids.length > 1) {
      const detail = `Several clients have what this row says: ${ids.slice(0, 3).join(', ')}.`;
      throw refused(column, 'client_ambiguous', detail);
    }
    return this.#update(row, this.#clients.get(id) as Client);
  }

  /** A table that speaks twice of one client means something else at one of the places. */
  #once(what: string, column: string, line: number): void {
    const before = this.#lines.get(what);
    if (before !== undefined) {
      throw refused(column, 'repeated', `Line ${before} speaks of the same client.`);
    }
    this.#lines.set(what, line);
  }

  #create(row: SentRow): Omit<Outcome, 'line'> {
    const { client: sent, line } = row;
    const { now, fields, time_zone } = this.#known;
    const id = this.#newId();
    const client: Client = {
      id,
      version: 1,
      ...namesOf(sent),
      email: sent.email ?? null,
      phone: sent.phone ?? null,
      time_zone: sent.time_zone ?? time_zone,
      locale: sent.locale ?? null,
      external_id: sent.external_id ?? null,
      tags: distinctTags(sent.tags ?? []),
      custom_fields: setCustomValues(fields, {}, row.custom),
      status: sent.status ?? 'active',
      archived_at: null,
      created_at: now,
      updated_at: now,
    };
    if (client.external_id) this.#once(`external id ${client.external_id}`, 'external_id', line);
    this.#details.add(row, client.id, now);
    this.plan.created.push(client);
    return { id, action: 'created' };
  }

  #update(row: SentRow, before: Client): Omit<Outcome, 'line'> {
    const { client: sent, line } = row;
    const { id } = before;
    if (before.archived_at !== null) {
      throw refused('id', 'client_archived', `The client ${id} is archived.`);
    }
    this.#once(id, row.id === undefined ? 'external_id' : 'id', line);
    const { now, fields } = this.#known;
    const changes = Object.fromEntries(
      Object.entries(sent).filter(([, value]) => value !== undefined),
    ) as Partial<Client>;
    const values: Client = {
      ...before,
      ...changes,
      ...renamed(before, changes),
      ...(changes.tags === undefined ? {} : { tags: distinctTags(changes.tags) }),
      custom_fields:
        Object.keys(row.custom).length === 0
          ? before.custom_fields
          : setCustomValues(fields, before.custom_fields, row.custom),
    };
    const added = this.#details.add(row, id, now);
    if (JSON.stringify(values) === JSON.stringify(before))
      return { id, action: added ? 'updated' : 'unchanged' };
    const after = { ...values, version: before.version + 1, updated_at: now };
    this.plan.updated.push({ before, after });
    return { id, action: 'updated' };
  }
}
