/** The columns of a table of clients, in the order in which an export has them. */
export const clientColumns = [
  'id',
  'external_id',
  'kind',
  'name',
  'first_name',
  'last_name',
  'company_name',
  'email',
  'phone',
  'time_zone',
  'locale',
  'status',
  'tags',
] as const;
/** An export says them, an import passes over them. */
export const timeColumns = ['created_at', 'updated_at'] as const;
export const contactColumns = [
  'contact.name',
  'contact.roles',
  'contact.email',
  'contact.phone',
] as const;
export const addressColumns = [
  'address.label',
  'address.line_1',
  'address.line_2',
  'address.line_3',
  'address.line_4',
  'address.city',
  'address.region',
  'address.postal_code',
  'address.country',
  'address.latitude',
  'address.longitude',
  'address.time_zone',
] as const;

const FIXED = new Set<string>([
  ...clientColumns,
  ...timeColumns,
  ...contactColumns,
  ...addressColumns,
]);
const CUSTOM = 'custom.';

/** Of one row, by column. */
export type Cells = Record<string, string>;

export const customColumn = (key: string): string => `${CUSTOM}${key}`;

/** What is wrong with the head of a table, by column. */
export function headFaults(head: readonly string[], custom: readonly string[]) {
  const known = new Set([...FIXED, ...custom.map(customColumn)]);
  return head.flatMap((column, at) => {
    if (head.indexOf(column) < at) return [{ column, detail: 'stands twice in the head' }];
    return known.has(column) ? [] : [{ column, detail: 'is no column of a table of clients' }];
  });
}

/**
 * A spreadsheet would compute what begins like a formula (OWASP, CSV injection), and drop the plus
 * of a phone. An apostrophe ahead makes it text; one is taken off again when it comes back.
 */
export const guarded = (cell: string): string => (/^'*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
export const unguarded = (cell: string): string =>
  /^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;

/** Several texts in one cell, separated by semicolons; a backslash takes the next as it is. */
export const joined = (texts: readonly string[]): string =>
  texts.map((text) => text.replaceAll(/[\\;]/g, (found) => `\\${found}`)).join(';');

export const separated = (cell: string): string[] =>
  [...cell.matchAll(/((?:[^\\;]|\\.|\\$)+)(?:;|$)/gs)]
    .map(([, text = '']) => text.replaceAll(/\\(.)/gs, '$1').trim())
    .filter((text) => text !== '');
