import sql from 'sql-template-tag';
import type { TenantTransaction } from './tenant.ts';

export interface AuditEntry {
  /** The operation of the contract or the event that did it, such as `acceptQuote`. */
  action: string;
  subject_type: string;
  subject_id: string;
  before?: unknown;
  after?: unknown;
}

/** Writes who changed what, when and from where, in the transaction of the change itself. */
export function audit(tx: TenantTransaction, entry: AuditEntry): void {
  const { id, origin } = tx.tenant;
  tx.queue(sql`
    INSERT INTO audit_log (tenant_id, actor_kind, actor_id, action, subject_type, subject_id,
      before, after, at, request_id, address)
    VALUES (${id}, ${origin.actor_kind}, ${origin.actor_id}, ${entry.action},
      ${entry.subject_type}, ${entry.subject_id}, ${toJson(entry.before)}::jsonb,
      ${toJson(entry.after)}::jsonb, ${tx.tenant.now()}, ${origin.request_id}, ${origin.address})`);
}

/** The same of many subjects, in one statement. */
export function auditAll(tx: TenantTransaction, entries: readonly AuditEntry[]): void {
  if (entries.length === 0) return;
  const { id, origin } = tx.tenant;
  const column = (of: (entry: AuditEntry) => string | null) => entries.map(of);
  tx.queue(sql`
    INSERT INTO audit_log (tenant_id, actor_kind, actor_id, action, subject_type, subject_id,
      before, after, at, request_id, address)
    SELECT ${id}, ${origin.actor_kind}, ${origin.actor_id}, action, subject_type, subject_id,
      before, after, ${tx.tenant.now()}, ${origin.request_id}, ${origin.address}
    FROM unnest(${column(({ action }) => action)}::text[],
      ${column(({ subject_type }) => subject_type)}::text[],
      ${column(({ subject_id }) => subject_id)}::text[],
      ${column(({ before }) => toJson(before))}::jsonb[],
      ${column(({ after }) => toJson(after))}::jsonb[])
      AS one (action, subject_type, subject_id, before, after)`);
}

/** What the trail says of these subjects is taken out, and that it was; who, what and when stay. */
export function redactAudit(
  tx: TenantTransaction,
  { subject_type, subject_ids }: { subject_type: string; subject_ids: string[] },
): void {
  tx.queue(sql`
    UPDATE audit_log SET before = NULL, after = NULL, redacted_at = ${tx.tenant.now()}
    WHERE tenant_id = ${tx.tenant.id} AND subject_id = ANY(${subject_ids})
      AND subject_type = ${subject_type} AND redacted_at IS NULL`);
}

export interface Answers {
  /** Each as JSON writes it: an answer that has one of them is taken out. */
  values: readonly unknown[];
  /** Operations whose answers tell nothing of a person. */
  except?: readonly string[];
}

/**
 * Takes out the answers that are kept for a repeat under its key, as far as they have one of the
 * values. The key stays taken, and the repeat is refused (409 `answer_redacted`): it must not make
 * the person's rows again.
 */
export function redactAnswers(tx: TenantTransaction, { values, except = [] }: Answers): void {
  const wanted = values.map((value) => JSON.stringify(value));
  tx.queue(sql`
    UPDATE idempotency_keys SET body = NULL
    WHERE tenant_id = ${tx.tenant.id} AND route <> ALL (${[...except]}::text[])
      AND EXISTS (SELECT FROM unnest(${wanted}::text[]) AS value WHERE strpos(body, value) > 0)`);
}

const toJson = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);
