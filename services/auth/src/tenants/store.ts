import { type Database, type Reader, sql, type TenantTransaction } from '@roundhouse/database';
import { conflict } from '@roundhouse/errors';
import type { TenantSettings } from '@roundhouse/service/contract';
import { only } from '../rows.ts';

export type Tenant = TenantSettings & { subdomain: string };

const tenantColumns = sql`
  tenant_id AS id, name, subdomain, vertical, time_zone, currency, version`;

export async function tenantOfSubdomain(database: Database, subdomain: string) {
  const [row] = await database.lookup<{ id: string | null }>(
    sql`SELECT tenant_of_subdomain(${subdomain}) AS id`,
  );
  return row?.id ?? undefined;
}

export async function newTenantId(database: Database): Promise<string> {
  const rows = await database.lookup<{ id: string }>(sql`SELECT uuidv7() AS id`);
  return only(rows).id;
}

export function insertTenant(tx: TenantTransaction, tenant: Tenant): void {
  const { id, name, subdomain, vertical, time_zone, currency, version } = tenant;
  tx.queue(
    sql`INSERT INTO tenants (tenant_id, name, subdomain, vertical, time_zone, currency, version,
        created_at)
      VALUES (${id}, ${name}, ${subdomain}, ${vertical}, ${time_zone}, ${currency}, ${version},
        ${tx.tenant.now()})`,
    { one_tenant_per_subdomain: () => conflict('subdomain_taken', 'This subdomain is taken.') },
  );
}

export const tenantById = (tenant_id: string) =>
  sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_id = ${tenant_id}`;

export async function findTenant(tx: Reader, tenant_id: string): Promise<Tenant> {
  return only(await tx.query<Tenant>(tenantById(tenant_id)));
}
