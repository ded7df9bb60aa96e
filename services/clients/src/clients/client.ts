import { conflict, DomainError, invalid } from '@roundhouse/errors';
import { tagKey } from '../search/terms.ts';
import type { kinds } from './states.ts';

export interface Names {
  kind: (typeof kinds)[number];
  /** The one that is shown. */
  name: string;
  first_name: string | null;
  last_name: string | null;
  company_name: string | null;
}

/** As much of the names as somebody sent. */
export type SentNames = { [Name in keyof Names]?: Names[Name] | undefined };

const MAX_NAME = 200;

/** The name that is shown where none was chosen. */
function displayName({ kind, first_name, last_name, company_name }: SentNames): string | undefined {
  const person = [first_name, last_name].filter(Boolean).join(' ').slice(0, MAX_NAME) || undefined;
  const company = company_name ?? undefined;
  return kind === 'person' ? (person ?? company) : (company ?? person);
}

/** Who has a first or last name and no company is a person, unless it was said. */
export function namesOf(sent: SentNames): Names {
  const { first_name = null, last_name = null, company_name = null } = sent;
  const isPerson = (first_name ?? last_name) !== null && company_name === null;
  const kind = sent.kind ?? (isPerson ? 'person' : 'company');
  const name = sent.name ?? displayName({ ...sent, kind });
  if (name === undefined) {
    const detail = 'Send a name, a first or last name, or the name of the company.';
    throw invalid('invalid', '/name', detail);
  }
  return { kind, name, first_name, last_name, company_name };
}

/** A shown name that was made of the others follows them; one that was chosen stays. */
export function renamed(before: Names, changes: SentNames): Names {
  const after = { ...before, ...changes };
  const follows = changes.name === undefined && before.name === displayName(before);
  return { ...after, name: (follows ? displayName(after) : undefined) ?? after.name } as Names;
}

/** One spelling of each tag, the first; the order is kept. */
export function distinctTags(tags: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const tag of tags) if (!first.has(tagKey(tag))) first.set(tagKey(tag), tag);
  return [...first.values()];
}

interface Archivable {
  archived_at: Temporal.Instant | null;
}

/** Nothing changes with what is archived, but that it is restored. */
export function requireLive(client: Archivable): void {
  if (client.archived_at === null) return;
  throw conflict('client_archived', 'The client is archived.', { allowed: ['restore'] });
}

export function requireArchived(client: Archivable): void {
  if (client.archived_at !== null) return;
  throw conflict('client_not_archived', 'The client is not archived.', { allowed: ['archive'] });
}

/** Of a contact or an address, whose client was merged just when it was to be changed. */
export const movedMeanwhile = () =>
  conflict('busy', 'Others are changing the same thing. Try again.');

export interface Gone {
  gone_at: Temporal.Instant | null;
  /** Null for whoever was erased. */
  merged_into: string | null;
}

/** Who was merged or erased is not there; of the merged one it is told where it lives on. */
export function requireThere({ gone_at, merged_into }: Gone): void {
  if (gone_at === null) return;
  if (merged_into === null) {
    throw new DomainError('not_found', 'client_erased', 'The client was erased.');
  }
  const members = { merged_into };
  const detail = `The client was merged into ${merged_into}.`;
  throw new DomainError('not_found', 'client_merged', detail, { members });
}
