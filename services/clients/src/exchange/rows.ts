import { Id } from '@roundhouse/service/contract';
import { fieldErrors } from '@roundhouse/service/problem';
import { z } from 'zod';
import { addressRoutes } from '../addresses/contract.ts';
import { clientRoutes } from '../clients/contract.ts';
import { statuses } from '../clients/states.ts';
import { contactRoutes } from '../contacts/contract.ts';
import type { CustomValue, Definition } from '../custom-fields/custom-field.ts';
import { type Cells, clientColumns, customColumn, separated } from './columns.ts';
import type { Row } from './csv.ts';
import type { RowFault, SentRow } from './import.ts';

/** The same shapes as of the routes that enter one of each. */
const Client = clientRoutes.createClient.body
  .omit({ allow_duplicate: true, custom_fields: true })
  .extend({ id: Id.optional(), status: z.enum(statuses).optional() });
const Contact = contactRoutes.createContact.body.pick({
  name: true,
  roles: true,
  email: true,
  phone: true,
});
const Address = addressRoutes.createAddress.body.omit({ access_notes: true, primary_for: true });

const LINES = [1, 2, 3, 4].map((number) => `address.line_${number}`);
const NUMBER = /^-?\d+(\.\d+)?$/;
const number = (cell: string | undefined) =>
  cell !== undefined && NUMBER.test(cell) ? Number(cell) : cell;

function clientOf(cells: Cells): Record<string, unknown> {
  const sent = clientColumns.filter((column) => cells[column] !== undefined);
  const values = Object.fromEntries(sent.map((column) => [column, cells[column]]));
  const { tags } = cells;
  return tags === undefined ? values : { ...values, tags: separated(tags) };
}

/** The cells of the columns with this beginning, without it; undefined where all are empty. */
function under(beginning: string, cells: Cells): Record<string, unknown> | undefined {
  const found = Object.entries(cells)
    .filter(([column]) => column.startsWith(beginning))
    .map(([column, cell]) => [column.slice(beginning.length), cell]);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function contactOf(cells: Cells): Record<string, unknown> | undefined {
  const { roles, ...sent } = under('contact.', cells) ?? {};
  if (roles === undefined && Object.keys(sent).length === 0) return undefined;
  return { ...sent, roles: roles === undefined ? ['booking'] : separated(String(roles)) };
}

function addressOf(cells: Cells): Record<string, unknown> | undefined {
  const sent = under('address.', cells);
  if (sent === undefined) return undefined;
  const { line_1: _, line_2: __, line_3: ___, line_4: ____, ...rest } = sent;
  const lines = LINES.flatMap((column) => cells[column] ?? []);
  const { latitude, longitude } = rest as Record<string, string | undefined>;
  return {
    ...rest,
    lines,
    ...(latitude === undefined ? {} : { latitude: number(latitude) }),
    ...(longitude === undefined ? {} : { longitude: number(longitude) }),
  };
}

const TRUTHS: Record<string, boolean> = { true: true, yes: true, false: false, no: false };

/** As the definition reads it; what it can't be stays text, and is refused by the rule. */
function customValue({ type }: Definition, cell: string): CustomValue {
  if (type === 'number') return number(cell) as CustomValue;
  if (type === 'boolean') return TRUTHS[cell.toLowerCase()] ?? cell;
  return cell;
}

function customOf(cells: Cells, fields: readonly Definition[]): SentRow['custom'] {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const cell = cells[customColumn(field.key)];
      return cell === undefined ? [] : [[field.key, customValue(field, cell)]];
    }),
  );
}

/** The column of a field that is wrong: of `/lines/1`, the second line. */
function columnOf(beginning: string, pointer: string): string {
  const [, field = '', at = '0'] = pointer.split('/');
  if (beginning === 'address.' && field === 'lines') return `address.line_${Number(at) + 1}`;
  return `${beginning}${field}`;
}

type Parsed<T> = { data: T | undefined; faults: Omit<RowFault, 'line'>[] };

function parsed<T extends z.ZodType>(
  shape: T,
  beginning: string,
  sent: Record<string, unknown> | undefined,
): Parsed<z.output<T>> {
  if (sent === undefined) return { data: undefined, faults: [] };
  const result = shape.safeDecode(sent as never);
  if (result.success) return { data: result.data, faults: [] };
  const faults = fieldErrors(result.error).map(({ pointer, code, detail }) => ({
    column: columnOf(beginning, pointer),
    code,
    detail,
  }));
  return { data: undefined, faults };
}

/** A row as the rules want it, or what is wrong with each of its cells. */
export function readRow(
  { line, cells }: Row,
  fields: readonly Definition[],
): { row: SentRow; faults: never[] } | { row?: never; faults: RowFault[] } {
  const sent = clientOf(cells);
  const client = parsed(Client, '', sent);
  const contact = parsed(Contact, 'contact.', contactOf(cells));
  const address = parsed(Address, 'address.', addressOf(cells));
  const faults = [client, contact, address].flatMap((part) => part.faults);
  if (client.data === undefined || faults.length > 0) {
    return { faults: faults.map((fault) => ({ line, ...fault })) };
  }
  const { id, ...values } = client.data;
  // A field that was not sent has its default by now, which would clear what is kept.
  const said = Object.entries(values).filter(([field]) => field in sent);
  return {
    row: {
      line,
      id,
      client: Object.fromEntries(said),
      custom: customOf(cells, fields),
      contact: contact.data,
      address: address.data,
    },
    faults: [],
  };
}
