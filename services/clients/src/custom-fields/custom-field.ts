import { conflict, DomainError, type FieldError, invalid } from '@roundhouse/errors';
import type { fieldTypes } from './states.ts';

/** What the business wants to know of its clients, besides what everybody does. */
export interface Definition {
  key: string;
  type: (typeof fieldTypes)[number];
  required: boolean;
  choices: string[];
}

export type CustomValue = string | number | boolean;
export type CustomValues = Record<string, CustomValue>;
/** As JSON Merge Patch (RFC 7396) has it: null takes a value away. */
export type CustomChanges = Record<string, CustomValue | null>;

const ISO_DATE = /^[12]\d{3}-\d{2}-\d{2}$/;

function isDate(value: CustomValue): boolean {
  if (typeof value !== 'string' || !ISO_DATE.test(value)) return false;
  try {
    return Temporal.PlainDate.from(value).toString() === value;
  } catch {
    return false;
  }
}

/** What is wrong with a value, as a sentence; undefined when nothing is. */
function faultOf({ type, choices }: Definition, value: CustomValue): string | undefined {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? undefined : 'is to be a text';
    case 'number':
      return typeof value === 'number' ? undefined : 'is to be a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is to be true or false';
    case 'date':
      return isDate(value) ? undefined : 'is to be a date, such as 2026-11-21';
    case 'choice':
      return choices.includes(value as string)
        ? undefined
        : `is to be one of: ${choices.join(', ')}`;
  }
}

/**
 * The values after a change, by the definitions that are in use. What they ask for holds for what
 * is written now: an older value stays, though its choice be gone or its field archived.
 */
export function setCustomValues(
  definitions: readonly Definition[],
  before: CustomValues,
  changes: CustomChanges,
): CustomValues {
  const known = new Map(definitions.map((of) => [of.key, of]));
  const errors: FieldError[] = [];
  const refuse = (key: string, code: string, detail: string) =>
    errors.push({ pointer: `/custom_fields/${key}`, code, detail });
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(changes)) {
    const definition = known.get(key);
    if (value === null) after.delete(key);
    else if (definition === undefined)
      refuse(key, 'unknown_field', 'This field is not known here.');
    else {
      const fault = faultOf(definition, value);
      if (fault === undefined) after.set(key, value);
      else refuse(key, 'invalid_value', fault);
    }
  }
  for (const { key, required } of known.values()) {
    if (required && !after.has(key) && !errors.some(({ pointer }) => pointer.endsWith(`/${key}`))) {
      refuse(key, 'required', 'This field is to be filled in.');
    }
  }
  if (errors.length > 0) {
    const [first] = errors;
    throw new DomainError('invalid', 'invalid', `${first?.pointer}: ${first?.detail}`, { errors });
  }
  return Object.fromEntries(after);
}

/** So many that a form still has room for them. */
const MAX_FIELDS = 100;

export function requireRoom(count: number): void {
  if (count < MAX_FIELDS) return;
  throw conflict('too_many_custom_fields', `There are ${MAX_FIELDS} fields in use at most.`);
}

/** A choice has something to choose from, and nothing else has. */
export function requireChoices({ type, choices }: Pick<Definition, 'type' | 'choices'>): void {
  if ((type === 'choice') === choices.length > 0) return;
  const detail = type === 'choice' ? 'names no choice' : 'is for a field of the type choice';
  throw invalid('invalid', '/choices', detail);
}

interface Archivable {
  archived_at: Temporal.Instant | null;
}

export function requireInUse(field: Archivable): void {
  if (field.archived_at === null) return;
  throw conflict('custom_field_archived', 'The field is archived.', { allowed: ['restore'] });
}

export function requireOutOfUse(field: Archivable): void {
  if (field.archived_at !== null) return;
  throw conflict('custom_field_not_archived', 'It is not archived.', { allowed: ['archive'] });
}
