import { type Reader, type Sql, sql } from '@roundhouse/database';
import { columns as addressColumns } from '../addresses/store.ts';
import { columns as contactColumns } from '../contacts/store.ts';
import type { Definition } from '../custom-fields/custom-field.ts';
import { definitions } from '../custom-fields/store.ts';

/** The fields that a table has columns for, in the order in which they were made. */
export async function findFields(tx: Reader, tenant_id: string): Promise<Definition[]> {
  return tx.query<Definition>(sql`${definitions(tenant_id)} ORDER BY id`);
}

/** The contacts and the addresses in use of these clients, as two statements. */
export const detailStatements = (tenant_id: string, client_ids: string[]): [Sql, Sql] => [
  sql`SELECT ${contactColumns} FROM contacts WHERE tenant_id = ${tenant_id}
    AND client_id = ANY (${client_ids}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
  sql`SELECT ${addressColumns} FROM addresses WHERE tenant_id = ${tenant_id}
    AND client_id = ANY (${client_ids}::uuid[]) AND archived_at IS NULL ORDER BY created_at, id`,
];
