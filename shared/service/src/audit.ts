import { type Page, page, type Reader, type Sql, sql } from '@roundhouse/database';
import type { Context } from './context.ts';
import type { auditRoutes, Input, Output } from './contract.ts';

type Query = Input<typeof auditRoutes.listAudit>['query'];
type AuditedChanges = Output<typeof auditRoutes.listAudit>;

/** Each filter that was sent, so that Postgres plans by the index that fits it. */
function filtersOf({ actor_id, action, subject_type, subject_id, from, to }: Query): Sql {
  return sql`
    ${actor_id === undefined ? sql`` : sql`AND actor_id = ${actor_id}`}
    ${action === undefined ? sql`` : sql`AND action = ${action}`}
    ${subject_type === undefined ? sql`` : sql`AND subject_type = ${subject_type}`}
    ${subject_id === undefined ? sql`` : sql`AND subject_id = ${subject_id}`}
    ${from === undefined ? sql`` : sql`AND at >= ${from}`}
    ${to === undefined ? sql`` : sql`AND at < ${to}`}`;
}

async function findAudit(
  tx: Reader,
  tenant_id: string,
  query: Query,
): Promise<Page<AuditedChanges['data'][number]>> {
  const { position, order, of } = page(query);
  const rows = await tx.query<AuditedChanges['data'][number]>(sql`
    SELECT id, at, actor_kind, actor_id, action, subject_type, subject_id, before, after,
      redacted_at, request_id, address
    FROM audit_log WHERE tenant_id = ${tenant_id} ${filtersOf(query)} ${position} ${order}`);
  return of(rows);
}

/** Answers `auditRoutes` from the service's own trail. */
export const auditHandlers = {
  listAudit: ({ query }: { query: Query }, { tenant }: Context): Promise<AuditedChanges> =>
    tenant.read((tx) => findAudit(tx, tenant.id, query)),
};
