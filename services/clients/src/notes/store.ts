import {
  type Page,
  type PageRequest,
  type Reader,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { notFound } from '@roundhouse/errors';
import type { Output } from '@roundhouse/service/contract';
import { clientThere, findPageOfClient } from '../clients/store.ts';
import type { contract } from '../contract.ts';

export type Note = Output<typeof contract.routes.getNote>;

export const columns = sql`
  id, client_id, version, body, author_kind, author_id, created_at, updated_at`;

export async function insertNote(
  tx: TenantTransaction,
  client_id: string,
  body: string,
): Promise<Note> {
  const { id, origin } = tx.tenant;
  const now = tx.tenant.now();
  const [row] = await tx.query<Note>(
    sql`INSERT INTO notes (tenant_id, client_id, body, author_kind, author_id, created_at,
        updated_at)
      SELECT tenant_id, id, ${body}, ${origin.actor_kind}, ${origin.actor_id},
        ${now}::timestamptz, ${now}::timestamptz
      -- Waits for who merges or erases the client, and finds it gone then.
      FROM (${clientThere(id, client_id)} FOR SHARE) AS client
      RETURNING ${columns}`,
  );
  if (row === undefined) throw notFound('client');
  return row;
}

export async function findNote(tx: Reader, tenant_id: string, id: string): Promise<Note> {
  const [row] = await tx.query<Note>(
    sql`SELECT ${columns} FROM notes WHERE tenant_id = ${tenant_id} AND id = ${id}`,
  );
  if (row === undefined) throw notFound('note');
  return row;
}

export async function lockNote(tx: TenantTransaction, id: string): Promise<Note> {
  const [row] = await tx.query<Note>(
    sql`SELECT ${columns} FROM notes WHERE tenant_id = ${tx.tenant.id} AND id = ${id} FOR UPDATE`,
  );
  if (row === undefined) throw notFound('note');
  return row;
}

export function updateNote(tx: TenantTransaction, note: Note): void {
  tx.queue(sql`
    UPDATE notes SET version = ${note.version}, body = ${note.body},
      updated_at = ${note.updated_at}
    WHERE tenant_id = ${tx.tenant.id} AND id = ${note.id}`);
}

export const findNotes = (
  tx: Reader,
  of: { tenant_id: string; client_id: string },
  query: PageRequest,
): Promise<Page<Note>> => findPageOfClient(tx, of, { columns, table: sql`notes` }, query);
