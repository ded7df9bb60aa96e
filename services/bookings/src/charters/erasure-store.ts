import {
  audit,
  redactAnswers,
  redactAudit,
  type Sql,
  sql,
  type TenantTransaction,
} from '@roundhouse/database';
import { publish, redactEvents } from '@roundhouse/events';
import { CharterCanceled } from '../events.ts';
import { move } from './charter.ts';
import { lockClients } from './client-copy.ts';
import { type Charter, charterColumns, updateStatus } from './store.ts';

const ERASED = 'Erased client';
const reach = { name: ERASED, email: null, phone: null };

interface Gone {
  id: string;
  version: number;
}

/** The copy is a shell from now on: barred, so that nothing new is taken on. */
function eraseCopies(tx: TenantTransaction, gone: readonly Gone[]): void {
  const { id, now } = tx.tenant;
  tx.queue(sql`
    INSERT INTO clients AS copy (tenant_id, id, version, name, status, erased_at)
    SELECT ${id}, client_id, version, ${ERASED}, 'barred', ${now()}::timestamptz
    FROM unnest(${gone.map((one) => one.id)}::uuid[],
      ${gone.map(({ version }) => version)}::bigint[]) AS one (client_id, version)
    ON CONFLICT (tenant_id, id) DO UPDATE SET
      version = greatest(copy.version, excluded.version), name = excluded.name, email = NULL,
      phone = NULL, status = excluded.status, erased_at = excluded.erased_at`);
}

/**
 * What was said of a trip and where exactly it went, once it is over: of an erased client it is
 * known to about 10 km. While it is under way, whoever drives has to know.
 */
const clearEnded = (tenant_id: string, which: Sql): Sql => sql`
  UPDATE charters SET notes = NULL, version = version + 1, stops = (
    SELECT jsonb_agg(stop || jsonb_build_object('address', 'Erased',
      'latitude', round((stop ->> 'latitude')::numeric, 1),
      'longitude', round((stop ->> 'longitude')::numeric, 1)) ORDER BY place)
    FROM jsonb_array_elements(stops) WITH ORDINALITY AS each (stop, place))
  WHERE tenant_id = ${tenant_id} AND status IN ('completed', 'canceled') AND ${which}`;

/**
 * A trip has ended: what an erased client had to leave until then goes now. A trip to the database
 * of its own, since the answer is kept for a repeat, and is not to tell it either.
 */
export async function clearIfErased(
  tx: TenantTransaction,
  charter_id: string,
): Promise<Charter | undefined> {
  const { id } = tx.tenant;
  const ofErased = sql`id = ${charter_id} AND EXISTS (SELECT FROM clients
    WHERE clients.tenant_id = ${id} AND clients.id = charters.client_id
      AND clients.erased_at IS NOT NULL)`;
  const [cleared] = await tx.query<Charter>(
    sql`${clearEnded(id, ofErased)} RETURNING ${charterColumns}`,
  );
  if (cleared !== undefined) redactAnswers(tx, { values: [charter_id] });
  return cleared;
}

/** What nobody has agreed to yet will never be: nobody is there to agree. */
function cancelOpen(tx: TenantTransaction, charters: readonly Charter[]): void {
  const now = tx.tenant.now();
  for (const before of charters.filter(({ status }) => isOpen.has(status))) {
    const after = move(before, 'canceled', now);
    updateStatus(tx, after);
    const { id: charter_id, version } = after;
    const reason = 'The client was erased.';
    publish(tx, CharterCanceled, charter_id, { charter_id, version, canceled_at: now, reason });
    const subject = { subject_type: 'charter', subject_id: charter_id };
    const [was, is] = [{ status: before.status }, { status: after.status }];
    audit(tx, { action: 'eraseClient', ...subject, before: was, after: is });
  }
}

const isOpen: ReadonlySet<string> = new Set(['inquiry', 'quoted']);

interface Quoted {
  id: string;
  name: string;
}

/**
 * Forgets erased clients. What stays: the acceptance, which is the evidence of what was agreed, and
 * of a trip that is under way what whoever drives has to know, until it has ended.
 */
export async function eraseClients(tx: TenantTransaction, gone: readonly Gone[]): Promise<void> {
  const { id: tenant_id, now } = tx.tenant;
  const ids = gone.map(({ id }) => id);
  tx.queue(lockClients(tenant_id, ids));
  eraseCopies(tx, gone);
  const theirs = sql`client_id = ANY (${ids}::uuid[])`;
  const [charters, quotes] = await tx.queries<[Charter[], Quoted[]]>([
    sql`SELECT ${charterColumns} FROM charters
      WHERE tenant_id = ${tenant_id} AND ${theirs} ORDER BY id FOR UPDATE`,
    sql`SELECT id, contact ->> 'name' AS name FROM quotes WHERE tenant_id = ${tenant_id}
      AND charter_id IN (SELECT id FROM charters WHERE tenant_id = ${tenant_id} AND ${theirs})`,
  ]);
  const of = { charter: charters.map(({ id }) => id), quote: quotes.map(({ id }) => id) };
  tx.queue(sql`
    UPDATE quotes SET contact = contact || ${JSON.stringify(reach)}::jsonb, version = version + 1,
      updated_at = ${now()}
    WHERE tenant_id = ${tenant_id} AND id = ANY (${of.quote}::uuid[])`);
  for (const [subject_type, subject_ids] of Object.entries(of)) {
    redactAudit(tx, { subject_type, subject_ids });
  }
  const contact = { client_id: ids[0], ...reach };
  // What payments has not heard of yet has to name whom the invoice is for.
  redactEvents(tx, { subjects: [...of.charter, ...of.quote], blank: { contact }, sent: true });
  redactEvents(tx, { subjects: of.charter, blank: { reason: 'Erased' } });
  const names = quotes.map(({ name }) => name).filter((name) => name !== ERASED);
  redactAnswers(tx, { values: [...ids, ...of.charter, ...new Set(names)] });
  cancelOpen(tx, charters);
  tx.queue(clearEnded(tenant_id, theirs));
}
