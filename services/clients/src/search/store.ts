import { type Sql, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import { clientTerms, emailTerm, type Findable, phoneTerm } from './terms.ts';

/** By what a client is reached, and known again. */
export interface Reach {
  email?: string | null | undefined;
  phone?: string | null | undefined;
}

export interface Duplicate {
  id: string;
  name: string;
  match: 'email' | 'phone';
}

const SHOWN = 10;

const termsOf = ({ email, phone }: Reach): string[] => [
  ...(email ? [emailTerm(email)] : []),
  ...(phone ? [phoneTerm(phone)] : []),
];

const door = (tenant_id: string) => `${tenant_id} clients`;

/**
 * First of all that a change of one client or contact takes: it waits while a table is imported,
 * which cannot lock each e-mail and phone of ten thousand rows.
 */
export const enter = (tenant_id: string): Sql =>
  sql`SELECT pg_advisory_xact_lock_shared(hashtextextended(${door(tenant_id)}, 0)) AS locked`;

/** Waits for those who have entered, and lets nobody else in until the transaction ends. */
export const closeDoor = (tenant_id: string): Sql =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${door(tenant_id)}, 0)) AS locked`;

/**
 * Two statements, for the first round trip of a change: whoever writes the same e-mail or phone
 * waits until the first one has committed, and then sees it among the rows of the second.
 */
export function duplicateStatements(tenant_id: string, reach: Reach): [Sql, Sql] {
  const terms = termsOf(reach);
  // Sorted, so that two who write the same pair wait for each other instead of deadlocking.
  const keys = terms.map((term) => `${tenant_id} ${term}`).sort();
  return [
    sql`SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) AS locked
      FROM unnest(${keys}::text[]) AS key`,
    sql`SELECT DISTINCT client.id, client.name,
        CASE WHEN found.term LIKE '@%' THEN 'email' ELSE 'phone' END AS match
      FROM search_terms found
      JOIN clients client ON client.tenant_id = found.tenant_id AND client.id = found.client_id
      WHERE found.tenant_id = ${tenant_id} AND found.term = ANY (${terms}::text[])
        AND client.archived_at IS NULL
      ORDER BY client.id, match LIMIT ${2 * SHOWN}`,
  ];
}

/** The same for whoever knows only by now what to ask for. */
export async function lockDuplicates(tx: TenantTransaction, reach: Reach): Promise<Duplicate[]> {
  const [, , found] = await tx.queries<[unknown[], unknown[], Duplicate[]]>([
    enter(tx.tenant.id),
    ...duplicateStatements(tx.tenant.id, reach),
  ]);
  return found;
}

/** Of what was found, what is not the client's own and was not there before this change. */
export const newlyFound = (
  found: Duplicate[],
  client_id: string,
  before: Reach,
  after: Reach,
): Duplicate[] =>
  found.filter(({ id, match }) => id !== client_id && before[match] !== after[match]);

/** Refuses what another client has already, and says which. */
export function requireUnique(found: Duplicate[]): void {
  if (found.length === 0) return;
  const detail = 'Another client has the same e-mail or phone. Send allow_duplicate to add it.';
  throw conflict('client_duplicate', detail, { existing: found.slice(0, SHOWN) });
}

export interface TermSource {
  client_id: string;
  /** The client itself, or the contact that has the terms. */
  source_id: string;
}

/** Lets the client be found by these terms of the source, and by no others of it. */
export function saveTerms(tx: TenantTransaction, source: TermSource, of: Findable | null): void {
  const { client_id, source_id } = source;
  const terms = of === null ? [] : clientTerms(of);
  const { id } = tx.tenant;
  tx.queue(sql`
    DELETE FROM search_terms WHERE tenant_id = ${id} AND client_id = ${client_id}
      AND source_id = ${source_id} AND term <> ALL (${terms}::text[])`);
  tx.queue(sql`
    INSERT INTO search_terms (tenant_id, client_id, source_id, term)
    SELECT ${id}, ${client_id}, ${source_id}, term FROM unnest(${terms}::text[]) AS term
    ON CONFLICT DO NOTHING`);
}
