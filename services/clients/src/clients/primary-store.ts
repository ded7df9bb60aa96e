import { audit, raw, sql, type TenantTransaction } from '@roundhouse/database';
import { type Primary, yielding } from './primary.ts';

const TABLES = { contact: 'contacts', address: 'addresses' } as const;

/** What takes over, of which kind it is, and who is primary for something now. */
interface Taking {
  subject_type: keyof typeof TABLES;
  to: Primary & { updated_at: Temporal.Instant };
  primaries: Primary[];
}

/** Whoever was primary for what this contact or address takes over is so no longer. */
export function yieldPrimary(tx: TenantTransaction, taking: Taking): void {
  const { subject_type, to, primaries } = taking;
  for (const { id, primary_for, kept } of yielding(primaries, to)) {
    tx.queue(sql`
      UPDATE ${raw(TABLES[subject_type])} SET version = version + 1, updated_at = ${to.updated_at},
        primary_for = ${kept}::text[]
      WHERE tenant_id = ${tx.tenant.id} AND id = ${id}`);
    const [before, after] = [{ primary_for }, { primary_for: kept }];
    audit(tx, { action: 'yieldPrimary', subject_type, subject_id: id, before, after });
  }
}
