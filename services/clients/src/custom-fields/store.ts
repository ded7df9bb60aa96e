import {
  type Page,
  type PageRequest,
  page,
  type Reader,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { conflict, notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import type { contract } from '../contract.ts';

export type CustomField = Output<typeof contract.routes.getCustomField>;
export type NewCustomField = Pick<CustomField, 'key' | 'label' | 'type' | 'required' | 'choices'>;

const columns = sql`
  id, version, key, label, type, required, choices, archived_at, created_at, updated_at`;

/** The fields that the business asks for: a hundred at most. */
export const definitions = (tenant_id: string): Sql =>
  sql`SELECT ${columns} FROM custom_fields
    WHERE tenant_id = ${tenant_id} AND archived_at IS NULL`;

/** Counted while nobody else adds one. */
export async function countForUpdate(tx: TenantTransaction): Promise<number> {
  const { id } = tx.tenant;
  const [, [row]] = await tx.queries<[unknown[], { count: number }[]]>([
    sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${id} custom_fields`}, 0)) AS locked`,
    sql`SELECT count(*)::int AS count FROM custom_fields
      WHERE tenant_id = ${id} AND archived_at IS NULL`,
  ]);
  return row?.count ?? 0;
}

export async function insertCustomField(
  tx: TenantTransaction,
  field: NewCustomField,
): Promise<CustomField> {
  const { id } = tx.tenant;
  const now = tx.tenant.now();
  const [row] = await tx.query<CustomField>(
    sql`INSERT INTO custom_fields (tenant_id, key, label, type, required, choices, created_at,
        updated_at)
      VALUES (${id}, ${field.key}, ${field.label}, ${field.type}, ${field.required},
        ${field.choices}::text[], ${now}, ${now})
      RETURNING ${columns}`,
    {
      one_custom_field_per_key: () =>
        conflict('custom_field_taken', 'There is a field with this key.'),
    },
  );
  return row as CustomField;
}

export async function findCustomField(
  tx: Reader,
  tenant_id: string,
  id: string,
): Promise<CustomField> {
  const [row] = await tx.query<CustomField>(
    sql`SELECT ${columns} FROM custom_fields WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('custom_field');
  return row;
}

export async function lockCustomField(tx: TenantTransaction, id: string): Promise<CustomField> {
  const [row] = await tx.query<CustomField>(
    sql`SELECT ${columns} FROM custom_fields
      WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
  );
  if (row === undefined) throw notFound('custom_field');
  return row;
}

export function updateCustomField(tx: TenantTransaction, field: CustomField): void {
  tx.queue(sql`
    UPDATE custom_fields SET version = ${field.version}, label = ${field.label},
      required = ${field.required}, choices = ${field.choices}::text[],
      archived_at = ${field.archived_at}, updated_at = ${field.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${field.id}`);
}

export async function findCustomFields(
  tx: Reader,
  tenant_id: string,
  query: PageRequest,
): Promise<Page<CustomField>> {
  const { position, order, of } = page(query);
  const rows = await tx.query<CustomField>(
    sql`SELECT ${columns} FROM custom_fields WHERE tenant_id = ${tenant_id} ${position} ${order}`,
  );
  return of(rows);
}
