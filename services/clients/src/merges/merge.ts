import { conflict, invalid } from '@roundhouse/errors';
import { distinctTags } from '../clients/client.ts';
import type { Client } from '../clients/store.ts';
import type { mergeFields } from './states.ts';

export type MergeField = (typeof mergeFields)[number];

export interface Choice {
  /** What the client that stays takes from the other one, though it has a value of its own. */
  take: readonly MergeField[];
  now: Temporal.Instant;
}

/** A value that both had: the one that stays, and the one that is in the audit trail alone. */
export interface Left {
  field: string;
  kept: unknown;
  left: unknown;
}

export interface Merged {
  kept: Client;
  /** The other one as it stays behind: nobody is to find it, but others name its id. */
  gone: Client;
  left: Left[];
  /** Through whom the client is reached by what it did not take over. */
  reach: { name: string; email: string | null; phone: string | null } | undefined;
}

const MAX_TAGS = 50;
const NAMES = ['kind', 'name', 'first_name', 'last_name', 'company_name'] as const;
const SINGLE = ['email', 'phone', 'time_zone', 'locale', 'external_id'] as const;

const namesOf = (client: Client) =>
  Object.fromEntries(NAMES.map((name) => [name, client[name]])) as Pick<
    Client,
    (typeof NAMES)[number]
  >;

/** In any case an e-mail is one; all else is compared to the letter. */
const same = (field: string, one: unknown, other: unknown): boolean =>
  field === 'email' && typeof one === 'string' && typeof other === 'string'
    ? one.toLowerCase() === other.toLowerCase()
    : JSON.stringify(one) === JSON.stringify(other);

function customOf(kept: Client, other: Client, takes: boolean) {
  const [weak, strong] = takes ? [kept, other] : [other, kept];
  const custom_fields = { ...weak.custom_fields, ...strong.custom_fields };
  const left = Object.entries(weak.custom_fields)
    .filter(([key, value]) => !same(key, value, custom_fields[key]))
    .map(([key, value]) => ({
      field: `custom_fields/${key}`,
      kept: custom_fields[key],
      left: value,
    }));
  return { custom_fields, left };
}

function singlesOf(kept: Client, other: Client, take: readonly MergeField[]) {
  const values: Partial<Record<(typeof SINGLE)[number], string | null>> = {};
  const left: Left[] = [];
  for (const field of SINGLE) {
    const theirs = take.includes(field) && other[field] !== null;
    const value = theirs ? other[field] : (kept[field] ?? other[field]);
    const lost = theirs ? kept[field] : other[field];
    values[field] = value;
    if (lost !== null && !same(field, lost, value)) left.push({ field, kept: value, left: lost });
  }
  return { values: values as Pick<Client, (typeof SINGLE)[number]>, left };
}

function tagsOf(kept: Client, other: Client): string[] {
  const tags = distinctTags([...kept.tags, ...other.tags]);
  if (tags.length <= MAX_TAGS) return tags;
  const detail = `Together they have ${tags.length} tags: take some away, ${MAX_TAGS} may stay.`;
  throw conflict('tags_too_many', detail);
}

/** An e-mail or phone that loses stays a way to the client, and the client is found by it. */
function reachOf(name: string, left: readonly Left[]): Merged['reach'] {
  const lost = (field: string) =>
    (left.find((one) => one.field === field)?.left as string | undefined) ?? null;
  const [email, phone] = [lost('email'), lost('phone')];
  return email === null && phone === null ? undefined : { name, email, phone };
}

export function requireTwo(kept_id: string, other_id: string): void {
  if (kept_id !== other_id) return;
  throw invalid('merge_with_itself', '/other_id', 'A client is not merged with itself.');
}

/**
 * One client of two. What the one that stays lacks it gets from the other; where both have a value
 * its own stays, but for the fields to `take`. Nothing is lifted by it: who was barred as one of
 * the two is barred.
 */
export function merge(kept: Client, other: Client, { take, now }: Choice): Merged {
  const names = take.includes('name') ? namesOf(other) : namesOf(kept);
  const lostNames = take.includes('name') ? namesOf(kept) : namesOf(other);
  const singles = singlesOf(kept, other, take);
  const custom = customOf(kept, other, take.includes('custom_fields'));
  const after: Client = {
    ...kept,
    ...names,
    ...singles.values,
    tags: tagsOf(kept, other),
    custom_fields: custom.custom_fields,
    status: [kept, other].some(({ status }) => status === 'barred') ? 'barred' : 'active',
    version: kept.version + 1,
    updated_at: now,
  };
  const renamed = same('name', names.name, lostNames.name)
    ? []
    : [{ field: 'name', kept: names.name, left: lostNames.name }];
  const left = [...renamed, ...singles.left, ...custom.left];
  const external = left.find(({ field }) => field === 'external_id')?.left;
  const gone: Client = {
    ...other,
    // Either the kept one has it now, or it stays known here: no third client ever gets it.
    external_id: (external as string | undefined) ?? null,
    version: other.version + 1,
    archived_at: now,
    updated_at: now,
  };
  return { kept: after, gone, left, reach: reachOf(lostNames.name, left) };
}
